import picomatch from 'picomatch';
import { GLOB_OPTIONS, plainGlob } from '../model/glob.ts';
import type { LayerFile } from '../model/image.ts';

/** `edit`: changed in place, so that what it says afterwards is not known. */
export type Verb = 'write' | 'append' | 'edit' | 'remove' | 'link';

export interface Content {
  readonly text: string;
  /** Where it starts in the layer's file, from 1. */
  readonly line: number;
  /** All of it is on that line, with escapes for its ends of lines. */
  readonly onOneLine?: boolean;
}

/** One thing that a layer does to one path of the machine, by a file of its tree or by a command of a script. */
export interface Touch {
  readonly path: string;
  readonly verb: Verb;
  /** In the layer folder. */
  readonly file: string;
  /** Where in `file`, from 1. */
  readonly line: number;
  /** What is written, where that can be read. */
  readonly content?: Content;
  /** Words of the command that does it: all there is to see of an edit. */
  readonly command?: string;
}

export function touchOfFile(file: LayerFile, text: string | undefined): Touch {
  const verb = file.type === 'symlink' ? 'link' : 'write';
  const touch = { path: file.path, verb, file: file.source, line: 1 } as const;
  return text === undefined ? touch : { ...touch, content: { text, line: 1 } };
}

/** Where line `n` of the content is in the layer's file. */
export const lineIn = ({ line, onOneLine }: Content, n: number): number => (onOneLine ? line : line + n - 1);

/** Lines of what is known of a touch, each with its place in the layer's file. */
export function* linesOf({
  content,
  command,
  line,
}: Touch): Generator<{ readonly text: string; readonly line: number }> {
  if (content === undefined) {
    if (command !== undefined) yield { text: command, line };
    return;
  }
  for (const [index, text] of content.text.split('\n').entries()) yield { text, line: lineIn(content, index + 1) };
}

/** What `matchesPath` asks, as an expression that JavaScript and Python read alike. */
export function pathPattern(glob: string): string {
  const plain = plainGlob(glob);
  const { source } = picomatch.makeRe(plain, GLOB_OPTIONS);
  // A name that is the pattern itself fits it.
  return /^[\w./*-]+$/.test(plain) ? source : `${source}|^${plain.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
}

/** `*` within a folder, `**` across folders; names that start with a dot count. */
export function matchesPath(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matcherOf(pattern)(path));
}

/** Patterns are those of the tables and of `accept`; paths are as many as images have files. */
const matchers = new Map<string, picomatch.Matcher>();

function matcherOf(pattern: string): picomatch.Matcher {
  const known = matchers.get(pattern) ?? picomatch(plainGlob(pattern), GLOB_OPTIONS);
  matchers.set(pattern, known);
  return known;
}
