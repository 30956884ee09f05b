import { commandsOf } from './shell/commands.ts';
import { DEEDS, recognisable, SCRIPT_MISTAKES, type ScriptMistake } from './shell/deeds.ts';
import { touchesOf } from './shell/touches.ts';
import type { Touch } from './touch.ts';

/** What a script does to the machine, as far as can be read off it. */
export interface ScriptReading {
  readonly touches: readonly Touch[];
  /** Rows that a command changes without naming their path. */
  readonly deeds: readonly { readonly row: string; readonly line: number }[];
  readonly mistakes: readonly { readonly mistake: ScriptMistake; readonly line: number }[];
}

const SHELL = /^#!\s*\S*(?:\/|\/env\s+)(?:ba|da|k|z)?sh\b/;

/** Reads shell scripts; of one in another language nothing is known. `file` is where it is in the layer folder. */
export function readScript(file: string, text: string): ScriptReading {
  const isShell = !text.startsWith('#!') || SHELL.test(text);
  const commands = isShell ? commandsOf(text) : [];
  const touches: Touch[] = [];
  const deeds: { row: string; line: number }[] = [];
  const mistakes: { mistake: ScriptMistake; line: number }[] = [];
  for (const [position, command] of commands.entries()) {
    const before = commands[position - 1];
    const { line } = command;
    const seen = recognisable(command, before);
    touches.push(...touchesOf(command, file, before));
    deeds.push(...DEEDS.filter(({ does }) => does(...seen)).map(({ row }) => ({ row, line })));
    mistakes.push(...SCRIPT_MISTAKES.filter(({ does }) => does(...seen)).map((mistake) => ({ mistake, line })));
  }
  return { touches, deeds, mistakes };
}
