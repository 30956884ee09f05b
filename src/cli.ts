#!/usr/bin/env node
import { CommanderError } from 'commander';
import type { CommandIo } from './commands/io.ts';
import { exitCodeOf, interrupted, summarise, systemError } from './model/errors.ts';
import { createProgram } from './program/program.ts';
import { formatError } from './report/error.ts';
import { chooseColor } from './report/mode.ts';

const { stdout, stderr, env } = process;
// SDKs say it in their user agent, so that CloudTrail shows by what a call was made.
env.AWS_SDK_UA_APP_ID ??= 'bake';
const abort = new AbortController();
const io: CommandIo = { stdout, stderr, env, cwd: process.cwd(), signal: abort.signal };

// The first signal asks the command to clean up; a third one ends the process where it stands.
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    signals += 1;
    abort.abort(interrupted(signal));
    if (signals === 1 && stderr.isTTY) stderr.write('\nbake: stopping, and cleaning up what was started\n');
    if (signals === 2) stderr.write('bake: still cleaning up; once more ends it, and leaves what is not removed yet\n');
    if (signals >= 3) process.exit(130);
  });
}
// Whoever reads has gone, as in `bake list | head`: no error, but a bake has to clean up like after any other signal.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') abort.abort(interrupted('SIGPIPE'));
  });
}

const program = createProgram(io, (code) => {
  process.exitCode = code;
});
for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
  command.exitOverride();
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
// Sockets that are kept alive for a next call would hold the process for seconds.
await flushed(stdout);
process.exit();

function report(error: unknown): number {
  // Commander has printed its message; --help and --version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const known = abort.signal.aborted ? abort.signal.reason : systemError(error);
  const stack = env.BAKE_DEBUG ? (error as Error).stack : undefined;
  const color = chooseColor({ isTTY: stderr.isTTY === true, env });
  const summary = summarise(known);
  if (process.argv.includes('--json')) stdout.write(`${JSON.stringify({ version: 1, error: summary }, null, 2)}\n`);
  stderr.write(`${formatError(summary, { color, debugStack: stack })}\n`);
  return exitCodeOf(known);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
