import { execa } from 'execa';
import { commandFailed } from './errors.ts';
import { lastLines } from './process.ts';

/** Something that shellcheck says about a script. */
export interface ShellcheckComment {
  /** From 1. */
  readonly line: number;
  /** `SC2086`. */
  readonly code: string;
  readonly message: string;
}

/** Milliseconds for one script. */
const LIMIT = 60_000;

/**
 * Its errors and warnings about a script; notes on style are left out. Undefined: shellcheck is not on PATH.
 * Throws `command-failed` when it does not answer as it should.
 */
export async function shellcheck(
  script: string,
  signal: AbortSignal,
): Promise<readonly ShellcheckComment[] | undefined> {
  const args = ['--format=json1', '--severity=warning', '-'];
  const result = await execa('shellcheck', args, {
    input: script,
    reject: false,
    timeout: LIMIT,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.code === 'ENOENT') return undefined;
  // 1: it has something to say.
  if (result.exitCode !== 0 && result.exitCode !== 1) {
    throw commandFailed(result.escapedCommand, result.shortMessage ?? 'failed', lastLines(result.stderr));
  }
  const { comments } = JSON.parse(result.stdout) as { comments: readonly Comment[] };
  return comments.map(({ line, code, message }) => ({ line, code: `SC${code}`, message }));
}

interface Comment {
  readonly line: number;
  readonly code: number;
  readonly message: string;
}
