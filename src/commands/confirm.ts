import { createInterface } from 'node:readline/promises';
import { BakeError, usage } from '../model/errors.ts';
import type { CommandIo } from './io.ts';

/** Asks before what is hard to undo. Throws `usage` where nobody can answer, `declined` when the answer is no. */
export async function confirm(question: string, { yes }: { readonly yes?: boolean }, io: CommandIo): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw usage(`${question} There is no terminal to ask on.`, 'Add --yes to go on.');
  const terminal = createInterface({ input: process.stdin, output: io.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: io.signal });
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new BakeError({ code: 'declined', message: 'not done: declined', blame: 'user' });
}
