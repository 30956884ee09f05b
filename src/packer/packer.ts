import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Packer, PackerMessage, PackerOutcome, PackerRequest } from '../run/effects.ts';
import { packerEnvironment } from './environment.ts';
import { artifactOf, messagesOf, parseMachineLine } from './machine-readable.ts';
import { amiInManifest } from './manifest.ts';
import { withProgress } from './stages.ts';

export interface PackerOptions {
  /** Path of the executable. */
  readonly executable: string;
  /** Milliseconds that Packer has to clean up once asked to stop; what it leaves behind then is ours to remove. */
  readonly graceMs: number;
  /** Run `packer init` first: from 1.7 plugins are installed by it. */
  readonly init: boolean;
}

/** Lines of errors that are kept for the report. */
const KEPT_ERRORS = 40;

export function createPacker(options: PackerOptions): Packer {
  let before: Promise<unknown> = Promise.resolve();
  return {
    async build(request) {
      if (options.init) {
        // One after the other: they would install the same plugin into the same folder. It is there after the first.
        const turn = before.then(() => init(options, request));
        before = turn.catch(() => undefined);
        const failed = await turn;
        if (failed !== undefined) return failed;
      }
      return build(options, request);
    },
  };
}

async function build(options: PackerOptions, request: PackerRequest): Promise<PackerOutcome> {
  const variables = join(request.dir, 'run.pkrvars.json');
  await writeFile(variables, `${JSON.stringify(request.variables, null, 1)}\n`, { mode: 0o600 });
  const args = ['build', '-machine-readable', `-on-error=${request.keepOnError ? 'abort' : 'cleanup'}`];
  let errors: readonly string[] = [];
  const exit = await runPacker(options, request, [...args, `-var-file=${variables}`, '.'], (message) => {
    // The last ones: standard error of a layer's scripts arrives as errors too, and may be long.
    if (message.kind === 'error') errors = [...errors.slice(1 - KEPT_ERRORS), message.text];
    request.onMessage(message);
  });
  if (request.signal.aborted) return { status: 'cancelled' };
  if (exit.code !== 0) {
    return { status: 'failed', exitCode: exit.code, reason: exit.reason, errors: [...exit.verdict, ...errors] };
  }
  const imageId = await amiInManifest(request.manifest);
  if (imageId !== undefined) return { status: 'done', imageId };
  return {
    status: 'failed',
    exitCode: 0,
    reason: 'Packer ended without an error and without an AMI in its manifest',
    errors,
  };
}

async function init(options: PackerOptions, request: PackerRequest): Promise<PackerOutcome | undefined> {
  const errors: string[] = [];
  const exit = await runPacker(options, request, ['init', '.'], (message) => {
    errors.push(message.text);
    request.onMessage(message);
  });
  if (request.signal.aborted) return { status: 'cancelled' };
  if (exit.code === 0) return undefined;
  const reason = 'packer init could not install the plugins';
  return { status: 'failed', exitCode: exit.code, reason, errors: [reason, ...errors] };
}

interface Exit {
  readonly code: number | undefined;
  /** How the process ended. */
  readonly reason: string;
  /** What Packer itself calls the error of the build; none when it did not get as far as a build. */
  readonly verdict: readonly string[];
}

/**
 * Packer is two processes, and the outer one hands on SIGTERM alone. It runs in a process group of its own so that the
 * terminal's Ctrl-C reaches us only, is asked once to stop, and is killed with its group when it does not end in time.
 */
async function runPacker(
  options: PackerOptions,
  request: PackerRequest,
  args: readonly string[],
  onMessage: (message: PackerMessage) => void,
): Promise<Exit> {
  if (request.signal.aborted) return { code: undefined, reason: 'cancelled', verdict: [] };
  // Packer leaves its log and its scripts there when it is killed. Not in the bake's own folder: it makes sockets there
  // too, whose paths have room for some hundred bytes.
  const scratch = await mkdtemp(join(tmpdir(), 'bake-packer-'));
  const child = execa(options.executable, args, {
    cwd: request.dir,
    env: packerEnvironment(process.env, { ...request.env, TMPDIR: scratch }),
    extendEnv: false,
    detached: true,
    reject: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    // Else a SIGKILL follows five seconds later, which leaves the inner process running without its parent.
    forceKillAfterDelay: false,
  });
  let verdict: readonly string[] = [];
  const artifacts = new Set<string>();
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    killer = setTimeout(() => killGroup(child.pid), options.graceMs);
  };
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const line of child.iterable({ from: 'all' })) {
      const parsed = parseMachineLine(line);
      const artifact = parsed === undefined ? undefined : artifactOf(parsed);
      if (artifact !== undefined && artifacts.has(artifact)) continue;
      if (artifact !== undefined) artifacts.add(artifact);
      const messages = parsed === undefined ? [{ kind: 'message', text: line } as const] : messagesOf(parsed);
      if (parsed?.type === 'error') verdict = messages.map(({ text }) => text);
      for (const message of messages) onMessage(withProgress(message));
    }
    const result = await child;
    return { code: result.exitCode, reason: result.shortMessage ?? '', verdict };
  } finally {
    request.signal.removeEventListener('abort', stop);
    clearTimeout(killer);
    // What is left there is no reason to fail a bake.
    await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}
