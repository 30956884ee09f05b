import { createInterface } from 'node:readline/promises';
import { BakeError } from '../model/errors.ts';
import type { CommandIo } from './io.ts';

/** Somebody is there to be asked. */
export const canAsk = (io: CommandIo): boolean => process.stdin.isTTY === true && io.stderr.isTTY === true;

/** One line from whoever is at the terminal. Throws `declined` when the input ends instead. */
export async function ask(question: string, io: CommandIo): Promise<string> {
  const ended = new AbortController();
  // With line editing of its own readline would take Ctrl-C for itself, and nobody would learn of it.
  const terminal = createInterface({ input: process.stdin, output: io.stderr, terminal: false });
  terminal.once('close', () => ended.abort());
  try {
    return await terminal.question(question, { signal: AbortSignal.any([io.signal, ended.signal]) });
  } catch (cause) {
    if (io.signal.aborted) throw io.signal.reason;
    throw ended.signal.aborted ? declined(cause) : cause;
  } finally {
    terminal.close();
  }
}

export const declined = (cause?: unknown): BakeError =>
  new BakeError({ code: 'declined', message: 'not done: declined', blame: 'user', cause });
