import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { RunOptions, Shell, ShellResult, ShellTarget } from '../run/try-effects.ts';
import { missingTool, sessionManagerMissing } from './errors.ts';
import { knownHosts, loginCommand, sshArguments } from './ssh-arguments.ts';

/** What ssh itself exits with when it cannot connect or loses the connection. */
const CONNECTION_FAILED = 255;

/** The machine's shell by the system's `ssh`. Throws `tool-missing` before anything is sent. */
export async function openSshShell(target: ShellTarget, env: Readonly<Record<string, string>>): Promise<Shell> {
  const dir = await mkdtemp(join(tmpdir(), 'bake-'));
  const files = { knownHosts: join(dir, 'known_hosts'), control: join(dir, 'c') };
  await writeFile(files.knownHosts, knownHosts(target), { mode: 0o600 });
  const options = sshArguments(target, files);
  const control = async (command: string) => {
    await execa('ssh', ['-O', command, ...options], { reject: false, stdin: 'ignore', env, timeout: 10_000 });
  };
  return {
    login: loginCommand(target),
    run: (command, how) => runCommand([...options, '--', command], env, how),
    prompt: (command, signal) => runPrompt(['-t', ...options, '--', command], env, signal),
    disconnect: () => control('exit'),
    async close() {
      await control('exit');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { seconds, signal, input, inputFile, onLine }: RunOptions,
): Promise<ShellResult> {
  signal.throwIfAborted();
  const child = execa('ssh', args, {
    reject: false,
    env,
    timeout: seconds * 1000,
    cancelSignal: signal,
    stripFinalNewline: false,
    ...stdinOf(input, inputFile),
    // The connection that outlives this command keeps the pipes open.
    stderr: 'pipe',
  });
  const reported = onLine === undefined ? undefined : report(child.iterable(), onLine);
  const result = await child;
  await reported;
  signal.throwIfAborted();
  if (result.timedOut) return { kind: 'timed-out', stdout: result.stdout };
  if (result.exitCode === undefined && result.code === 'ENOENT') throw missingTool('ssh', 'OpenSSH client');
  if (result.exitCode === undefined || result.exitCode === CONNECTION_FAILED) {
    return { kind: 'unreachable', because: result.stderr.trim() || result.shortMessage || 'the connection was lost' };
  }
  return { kind: 'exited', exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

function stdinOf(input: Buffer | undefined, inputFile: string | undefined) {
  if (inputFile !== undefined) return { inputFile };
  return input === undefined ? ({ stdin: 'ignore' } as const) : { input };
}

async function runPrompt(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const { exitCode } = await execa('ssh', args, { reject: false, env, stdio: 'inherit', cancelSignal: signal });
  signal.throwIfAborted();
  return exitCode ?? CONNECTION_FAILED;
}

async function report(lines: AsyncIterable<string>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) onLine(line);
  } catch {
    // The result of the command itself says what happened to it.
  }
}

/** Everything that logging in needs on this machine. Throws `tool-missing`. */
export async function checkSshTools(communicator: ShellTarget['communicator']): Promise<void> {
  if (!(await runs('ssh', '-V'))) throw missingTool('ssh', 'OpenSSH client');
  if (communicator !== 'session-manager') return;
  if (!(await runs('aws', '--version'))) throw sessionManagerMissing('aws', 'AWS CLI');
  await checkSessionManagerPlugin();
}

/** Packer starts it for builders that are reached through Session Manager. Throws `tool-missing`. */
export async function checkSessionManagerPlugin(): Promise<void> {
  if (await runs('session-manager-plugin', '--version')) return;
  throw sessionManagerMissing('session-manager-plugin', 'plugin of the AWS CLI');
}

async function runs(file: string, ...args: readonly string[]): Promise<boolean> {
  const { failed } = await execa(file, args, { reject: false, stdin: 'ignore', timeout: 20_000 });
  return !failed;
}
