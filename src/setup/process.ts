import { execa } from 'execa';
import { commandFailed } from './errors.ts';
import type { OnLine } from './steps.ts';

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Every line of standard output and standard error, as it comes. */
  readonly onLine?: OnLine | undefined;
  /** On top of the inherited environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. Throws `command-failed` with its last lines, or the signal's reason. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  const { signal, onLine, env = {} } = options;
  const child = execa(file, args, {
    reject: false,
    stdin: 'ignore',
    all: true,
    env,
    // A build leaves its mounts and its scratch files unless it gets the time to remove them.
    forceKillAfterDelay: 20_000,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const reported = onLine === undefined ? undefined : report(child.iterable({ from: 'all' }), onLine);
  const result = await child;
  await reported;
  signal?.throwIfAborted();
  if (result.failed) throw commandFailed(result.escapedCommand, reasonOf(result), lastLines(result.all ?? ''));
}

/** What a program prints on standard output. Throws as `run` does. */
export async function outputOf(file: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const abort = signal === undefined ? {} : { cancelSignal: signal };
  const result = await execa(file, args, { reject: false, stdin: 'ignore', all: true, ...abort });
  signal?.throwIfAborted();
  if (result.failed) throw commandFailed(result.escapedCommand, reasonOf(result), lastLines(result.all ?? ''));
  return result.stdout;
}

async function report(lines: AsyncIterable<string>, onLine: OnLine): Promise<void> {
  try {
    for await (const line of lines) if (line.trim() !== '') onLine(line);
  } catch {
    // The result of the program itself says what happened to it.
  }
}

interface Ending {
  readonly signal?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly shortMessage?: string | undefined;
}

function reasonOf(result: Ending): string {
  if (result.signal !== undefined) return `was ended by ${result.signal}`;
  return result.exitCode === undefined ? (result.shortMessage ?? 'did not start') : `exited with ${result.exitCode}`;
}

export const lastLines = (text: string, count = 15): readonly string[] =>
  text
    .split(/\r?\n|\r/)
    .filter((line) => line.trim() !== '')
    .slice(-count);
