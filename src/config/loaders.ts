import { homedir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { LineCounter, parseDocument, visit } from 'yaml';
import { keepsDigits } from './digits.ts';
import { configUnreadable, type Position } from './errors.ts';

/** This package's public API, as source or as built: what `import … from 'ami-bake'` means in a configuration. */
const API = fileURLToPath(new URL(`../index${extname(import.meta.url)}`, import.meta.url));

/** The default export of a module in TypeScript or JavaScript. Throws `config-unreadable`. */
export async function loadModule(file: string): Promise<unknown> {
  const jiti = createJiti(import.meta.url, {
    // A configuration outside of any node_modules must work with a global install.
    alias: { 'ami-bake': API },
    // Not jiti's default, a folder of /tmp that every user of the machine can write to.
    fsCache: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bake', 'modules'),
    moduleCache: false,
  });
  const module = await jiti.import<Record<string, unknown>>(file).catch((error: unknown) => {
    throw thrownBy(file, error);
  });
  if (!('default' in module)) throw configUnreadable(file, 'it has no default export');
  return module.default;
}

function thrownBy(file: string, error: unknown): Error {
  if (!(error instanceof Error)) return configUnreadable(file, `it throws ${String(error)}`, undefined, error);
  const position = positionOf(file, error);
  const lines = error.message.split('\n').map((line) => line.trim());
  // Without a position in this file, the other lines of the message tell in which imported file it is.
  const reason = position === undefined ? lines.join(' ') : (lines[0] ?? '');
  return configUnreadable(file, reason, position, error);
}

/** The parser counts columns from 0; in a stack they are those of the transpiled code, and only the lines are right. */
function positionOf(file: string, error: Error): Position | undefined {
  const [line, column] = mentionOf(file, error.message);
  if (line !== undefined && column !== undefined) return { line, column: column + 1 };
  const [thrownAt] = mentionOf(file, error.stack ?? '');
  return thrownAt === undefined ? undefined : { line: thrownAt };
}

/** Line and column of the first `<file>:<line>:<column>`. */
function mentionOf(file: string, text: string): readonly number[] {
  const start = text.indexOf(`${file}:`);
  const [, ...numbers] = (start !== -1 && /^:(\d+):(\d+)/.exec(text.slice(start + file.length))) || [];
  return numbers.map(Number);
}

/** YAML 1.2, but for numbers that would come out in other digits. Throws `config-unreadable`. */
export function loadYaml(file: string, text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  const { line, col } = lines.linePos(error?.pos[0] ?? 0);
  if (error !== undefined) throw configUnreadable(file, error.message, { line, column: col }, error);
  visit(document, {
    Scalar(_, { value, source = '', range }) {
      if (typeof value !== 'number' || keepsDigits(source, value)) return;
      const { line, col } = lines.linePos(range?.[0] ?? 0);
      throw configUnreadable(file, `${source} is the number ${value}; write one of them, in quotes if it is text`, {
        line,
        column: col,
      });
    },
  });
  return document.toJS();
}

/** Throws `config-unreadable`. */
export function loadJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    const [, offset] = /at position (\d+)/.exec(message) ?? [];
    throw configUnreadable(file, message, offset === undefined ? undefined : positionAt(text, Number(offset)), error);
  }
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
