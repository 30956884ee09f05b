import { usage } from '../model/errors.ts';
import { ask, declined } from './ask.ts';
import type { CommandIo } from './io.ts';

/** Asks before what is hard to undo. Throws `usage` where nobody can answer, `declined` when the answer is no. */
export async function confirm(question: string, { yes }: { readonly yes?: boolean }, io: CommandIo): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw usage(`${question} There is no terminal to ask on.`, 'Add --yes to go on.');
  const answer = await ask(`${question} [y/N] `, io);
  if (!/^y(?:es)?$/i.test(answer.trim())) throw declined();
}
