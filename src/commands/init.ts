import { relative, resolve } from 'node:path';
import { STARTER_PARSERS, type Starter, suggestedStarter } from '../config/starter.ts';
import { BakeError } from '../model/errors.ts';
import { GITIGNORE } from '../render/starter.ts';
import { writeStarter } from '../run/starter.ts';
import { ask, canAsk } from './ask.ts';
import { type CommandIo, print, printJson } from './io.ts';

export interface InitOptions {
  readonly name?: string;
  readonly region?: string;
  readonly source?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const QUESTIONS: Readonly<Record<keyof Starter, string>> = {
  project: 'Name of the project',
  region: 'Region to bake in',
  source: 'Source AMI of the base image',
};

/** `bake init [dir]`: a project that bakes at once in the sandbox. Replaces nothing. */
export async function init(dir: string | undefined, options: InitOptions, io: CommandIo): Promise<number> {
  const folder = resolve(io.cwd, dir ?? '.');
  const starter = await answers(suggestedStarter(folder, io.env), options, io);
  const files = await writeStarter(folder, starter);
  if (options.json) printJson(io, { version: 1, dir: folder, ...starter, files });
  else print(io, nextSteps(relative(io.cwd, folder), files));
  return 0;
}

/** What an option says stands; the rest is asked for where somebody can answer, else it is as suggested. */
async function answers(suggested: Starter, options: InitOptions, io: CommandIo): Promise<Starter> {
  const given = { project: options.name, region: options.region, source: options.source };
  const asking = !options.yes && !options.json && canAsk(io);
  const answer = async <K extends keyof Starter>(key: K): Promise<Starter[K]> => {
    const parse = STARTER_PARSERS[key] as (text: string) => Starter[K];
    const text = given[key];
    if (text !== undefined) return parse(text);
    return asking ? askUntilRight(QUESTIONS[key], suggested[key], parse, io) : suggested[key];
  };
  // What is written wrong is said before the first question.
  for (const key of ['project', 'region', 'source'] as const) {
    const text = given[key];
    if (text !== undefined) STARTER_PARSERS[key](text);
  }
  return { project: await answer('project'), region: await answer('region'), source: await answer('source') };
}

async function askUntilRight<T extends string>(
  question: string,
  suggested: T,
  parse: (text: string) => T,
  io: CommandIo,
): Promise<T> {
  for (;;) {
    const text = (await ask(`${question} [${suggested}]: `, io)).trim();
    try {
      return text === '' ? suggested : parse(text);
    } catch (error) {
      if (!(error instanceof BakeError)) throw error;
      io.stderr.write(`${[error.message, error.hint ?? ''].join('. ').trim()}\n`);
    }
  }
}

function nextSteps(folder: string, files: readonly string[]): string {
  const kept = files.includes(GITIGNORE)
    ? []
    : ['', `${GITIGNORE} stays as it was; bake keeps logs and records in .bake.`];
  return [
    ...files.map((file) => `wrote ${folder === '' ? file : `${folder}/${file}`}`),
    ...kept,
    '',
    'Next, without an AWS account:',
    ...(folder === '' ? [] : [`  cd ${folder}`]),
    '  bake base --sandbox          bakes the base image on this machine',
    '  bake service app --sandbox   bakes the service on top of it',
    '  bake try app --sandbox       launches it and runs the tests of its layers',
    '',
    'On AWS the same without --sandbox. In CI: bake ci github.',
  ].join('\n');
}
