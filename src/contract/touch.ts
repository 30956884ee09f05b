import picomatch from 'picomatch';
import type { LayerFile } from '../model/image.ts';

/** `edit`: changed in place, so that what it says afterwards is not known. */
export type Verb = 'write' | 'append' | 'edit' | 'remove' | 'link';

/** One thing that a layer does to one path of the machine, by a file of its tree or by a command of a script. */
export interface Touch {
  readonly path: string;
  readonly verb: Verb;
  /** In the layer folder. */
  readonly file: string;
  /** Where in `file`, from 1. */
  readonly line: number;
  /** What is written, where that can be read; `line` is where it starts in `file`. */
  readonly content?: { readonly text: string; readonly line: number };
  /** Words of the command that does it: all there is to see of an edit. */
  readonly command?: string;
}

export function touchOfFile(file: LayerFile, text: string | undefined): Touch {
  const verb = file.type === 'symlink' ? 'link' : 'write';
  const touch = { path: file.path, verb, file: file.source, line: 1 } as const;
  return text === undefined ? touch : { ...touch, content: { text, line: 1 } };
}

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
  for (const [index, text] of content.text.split('\n').entries()) yield { text, line: content.line + index };
}

/** `*` within a folder, `**` across folders; names that start with a dot count. */
export function matchesPath(path: string, patterns: readonly string[]): boolean {
  return patterns.length > 0 && picomatch.isMatch(path, [...patterns], { dot: true, nonegate: true });
}
