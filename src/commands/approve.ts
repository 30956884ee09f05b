import { createInterface } from 'node:readline/promises';
import type { Channel } from '../model/channel.ts';
import { usage } from '../model/errors.ts';
import type { CommandIo } from './io.ts';

/** Who approves, where the channel wants a person by name; undefined where it does not. Recorded with the move. */
export async function approve(
  { name, approval }: Pick<Channel, 'name' | 'approval'>,
  { approvedBy }: { readonly approvedBy?: string },
  io: CommandIo,
): Promise<string | undefined> {
  const given = approvedBy?.trim();
  if (given === '') throw usage('--approved-by needs a name');
  if (approval === 'none' || given !== undefined) return given;
  const question = `Channel ${name} wants the approval of a person.`;
  if (!process.stdin.isTTY) throw usage(`${question} There is no terminal to ask on.`, 'Add --approved-by <name>.');
  const terminal = createInterface({ input: process.stdin, output: io.stderr });
  try {
    const answer = (await terminal.question(`${question} Your name: `, { signal: io.signal })).trim();
    if (answer !== '') return answer;
  } finally {
    terminal.close();
  }
  throw usage('nobody approved', 'Say who does: --approved-by <name>.');
}
