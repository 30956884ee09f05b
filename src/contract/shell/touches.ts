import type { Touch, Verb } from '../touch.ts';
import type { Command } from './commands.ts';

/** Run another command, with their own options before it. */
const WRAPPERS = new Set(['sudo', 'env', 'command', 'exec', 'nice', 'ionice', 'nohup']);

/** The words of the command itself, without `sudo -n`, `env A=b`. */
export function plainWords(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words;
  if (!WRAPPERS.has(first)) return words;
  const start = rest.findIndex((word) => !word.startsWith('-') && !/^\w+=/.test(word));
  return start === -1 ? [] : plainWords(rest.slice(start));
}

/** The paths that a command changes, as far as its words say so. Paths with an expansion in them are nobody's. */
export function touchesOf(command: Command, file: string, before: Command | undefined): readonly Touch[] {
  const words = plainWords(command.words);
  const content = contentOf(command, words, before);
  const base = { file, line: command.line, command: command.words.join(' ') };
  const known = content === undefined ? {} : { content };
  const redirected = command.redirections.map(
    ({ append, target }): Touch => ({ ...base, ...known, path: target, verb: append ? 'append' : 'write' }),
  );
  const changed = changedPaths(words).map(
    ({ path, verb }): Touch => ({ ...base, path, verb, ...(words[0] === 'tee' ? known : {}) }),
  );
  return [...redirected, ...changed].filter(({ path }) => path.startsWith('/') && !/[$`]/.test(path));
}

interface ChangedPath {
  readonly path: string;
  readonly verb: Verb;
}

function changedPaths([name = '', ...args]: readonly string[]): readonly ChangedPath[] {
  const operands = args.filter((arg) => !arg.startsWith('-'));
  const all = (verb: Verb) => operands.map((path) => ({ path, verb }));
  const last = (verb: Verb) => operands.slice(-1).map((path) => ({ path, verb }));
  switch (name.split('/').at(-1)) {
    case 'tee':
      return all(args.some((arg) => arg === '-a' || arg === '--append') ? 'append' : 'write');
    case 'touch':
    case 'mkswap':
      return all('write');
    case 'truncate':
      // To nothing: as good as removed.
      return all(/(?:-s|--size)[= ]?0(?: |$)/.test(args.join(' ')) ? 'remove' : 'edit');
    case 'rm':
    case 'unlink':
    case 'shred':
      return all('remove');
    case 'ln':
      return last('link');
    case 'cp':
    case 'install':
      return args.some((arg) => arg === '-d' || arg === '--directory') ? [] : destination(operands, 'write');
    case 'mv':
      return [
        ...destination(operands, 'write'),
        ...operands.slice(0, -1).map((path) => ({ path, verb: 'remove' as const })),
      ];
    case 'fallocate':
      return last('write');
    case 'dd':
      return args.flatMap((arg) => (arg.startsWith('of=') ? [{ path: arg.slice(3), verb: 'write' as const }] : []));
    case 'sed':
      return args.some((arg) => /^(?:-[a-zA-Z]*i|--in-place)/.test(arg)) ? editedFiles(args) : [];
    case 'perl':
      return args.some((arg) => /^-[a-z]*i/.test(arg)) ? editedFiles(args) : [];
    case 'ed':
    case 'ex':
    case 'patch':
      return all('edit');
    default:
      return [];
  }
}

/** Where a copy ends: in a folder under its old name. */
function destination(operands: readonly string[], verb: Verb): readonly ChangedPath[] {
  const target = operands.at(-1);
  if (target === undefined || operands.length < 2) return [];
  if (!target.endsWith('/')) return [{ path: target, verb }];
  return operands.slice(0, -1).map((source) => ({ path: `${target}${source.split('/').at(-1)}`, verb }));
}

/** Of `sed -i` and `perl -i`: the first operand is the script, unless an option brings it. */
function editedFiles(args: readonly string[]): readonly ChangedPath[] {
  const operands: string[] = [];
  let hasScript = false;
  for (const [position, arg] of args.entries()) {
    if (BRINGS_SCRIPT.test(args[position - 1] ?? '')) hasScript = true;
    else if (!arg.startsWith('-')) operands.push(arg);
  }
  return operands.slice(hasScript ? 0 : 1).map((path) => ({ path, verb: 'edit' }));
}

const BRINGS_SCRIPT = /^(?:-[a-zA-Z]*[ef]|--expression|--file)$/;

/** What is written, if it is there to read: a here-document, or the words of echo and printf. */
function contentOf(command: Command, words: readonly string[], before: Command | undefined): Touch['content'] {
  if (command.hereDocument !== undefined) return command.hereDocument;
  const source = command.piped && words[0] === 'tee' ? before : command;
  if (source === undefined) return undefined;
  if (source.hereDocument !== undefined) return source.hereDocument;
  const [name, ...args] = plainWords(source.words);
  if (name === 'echo')
    return { text: `${args.filter((arg) => !/^-[neE]+$/.test(arg)).join(' ')}\n`, line: source.line };
  if (name !== 'printf') return undefined;
  const [format = '', ...values] = args;
  const text = values.length > 0 && /^%[sb]\\n$/.test(format) ? values.map((value) => `${value}\n`).join('') : format;
  return { text: text.replaceAll('\\n', '\n'), line: source.line, onOneLine: true };
}
