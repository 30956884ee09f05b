import type { Argument, Command, Option } from 'commander';
import { ARCHITECTURES } from '../model/ids.ts';

export interface Candidate {
  readonly word: string;
  readonly description?: string;
}

/** What the configuration has names for. */
export type NameKind = 'image' | 'channel' | 'layer' | 'artifact' | 'variable';

/** What may stand where the cursor is. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly names: readonly NameKind[];
  /** Paths, which shells know best how to complete. */
  readonly files: boolean;
  /** Stands before each name or path: of `--channel=prod` and `app=./api.tgz` what is not completed. */
  readonly prefix: string;
  /** Stands after each name. */
  readonly suffix: string;
}

interface Place {
  readonly command: Command;
  /** Its value comes next. */
  readonly option: Option | undefined;
  readonly argument: Argument | undefined;
  /** After `--` nothing is an option. */
  readonly plain: boolean;
}

const NOTHING: Completion = { candidates: [], names: [], files: false, prefix: '', suffix: '' };

/** Completes the last of the words that follow `bake`, by what the command line says of itself. */
export function completionOf(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? '';
  const { command, option, argument, plain } = placeAfter(program, words.slice(0, -1));
  if (!plain && current.startsWith('-')) {
    const [prefix = '', flag] = /^(--[^=]+)=/.exec(current) ?? [];
    const assigned = command.options.find(({ long }) => long === flag);
    return assigned === undefined ? optionsOf(command) : optionValue(assigned, current.slice(prefix.length), prefix);
  }
  if (option !== undefined) return optionValue(option, current, '');
  if (command.commands.length > 0) return verbsOf(command);
  return argument === undefined ? optionsOf(command) : valuesOf(argument.name(), argument);
}

function placeAfter(program: Command, words: readonly string[]): Place {
  let command = program;
  let option: Option | undefined;
  let plain = false;
  let given = 0;
  for (const word of words) {
    const verb = command.commands.find((one) => one.name() === word);
    if (!plain && word.startsWith('-')) {
      plain = word === '--';
      const found = command.options.find(({ long, short }) => long === word || short === word);
      option = found?.required ? found : undefined;
    } else if (option !== undefined) {
      if (!option.variadic) option = undefined;
    } else if (verb !== undefined) {
      command = verb;
    } else given += 1;
  }
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  return { command, option, plain, argument: all[given] ?? (last?.variadic ? last : undefined) };
}

function verbsOf(command: Command): Completion {
  const help = command.createHelp();
  const verbs = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  const candidates = verbs.map((one) => ({ word: one.name(), description: help.subcommandDescription(one) }));
  return { ...NOTHING, candidates };
}

function optionsOf(command: Command): Completion {
  const options = command.createHelp().visibleOptions(command);
  const candidates = options.flatMap(({ long, description }) => (long == null ? [] : [{ word: long, description }]));
  return { ...NOTHING, candidates };
}

/** Options whose value is `name=…`. */
const ASSIGNING: Readonly<Record<string, NameKind>> = { '--artifact': 'artifact', '--var': 'variable' };

function optionValue(option: Option, current: string, prefix: string): Completion {
  const kind = ASSIGNING[option.long ?? ''];
  if (kind === undefined) return { ...valuesOf(placeholderOf(option), option), prefix };
  const [name] = /^[^=]*=/.exec(current) ?? [];
  if (name === undefined) return { ...NOTHING, names: [kind], prefix, suffix: '=' };
  return { ...NOTHING, files: kind === 'artifact', prefix: prefix + name };
}

/** `--channel <name>`: the option says more than its placeholder. */
const placeholderOf = (option: Option): string =>
  option.long === '--channel' ? 'channel' : (/<([^.>]+)/.exec(option.flags)?.[1] ?? '');

/** By what help calls the value, such as `image[@version]`, `github|gitlab` or `file`. */
function valuesOf(placeholder: string, { argChoices }: Pick<Option | Argument, 'argChoices'>): Completion {
  const said = placeholder.split('|').map((one) => one.replace(/\[.*|@.*/, ''));
  const kinds = said.map((one) => KINDS[one]);
  const fixed = argChoices ?? (said.length > 1 ? said.filter((one) => !(one in KINDS)) : (WORDS[placeholder] ?? []));
  return {
    ...NOTHING,
    candidates: fixed.map((word) => ({ word })),
    names: kinds.flatMap((kind) => (kind === undefined || kind === 'path' ? [] : [kind])),
    files: kinds.includes('path'),
  };
}

const KINDS: Readonly<Record<string, NameKind | 'path'>> = {
  image: 'image',
  images: 'image',
  pattern: 'image',
  patterns: 'image',
  channel: 'channel',
  layer: 'layer',
  file: 'path',
  dir: 'path',
};

const WORDS: Readonly<Record<string, readonly string[]>> = {
  arch: ARCHITECTURES,
  format: ['cloudformation', 'terraform', 'cdk', 'json'],
};
