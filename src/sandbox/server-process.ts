import { type StdioOptions, spawn } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheDir, packageFile } from '../setup/paths.ts';
import { lastLines } from '../setup/process.ts';
import { pidExists } from '../setup/process-identity.ts';
import { sandboxFailed, sandboxStuck } from './errors.ts';
import { entriesFor, imagesFile, writeEntries } from './images-file.ts';
import type { Prepared } from './prepare.ts';
import { findServer, type SandboxInfo, serverLog } from './server-info.ts';
import type { WantedSource } from './wanted-sources.ts';

const START_LIMIT = 60_000;
const STOP_LIMIT = 60_000;
const POLL = 50;

/**
 * Starts a server that outlives this process, and waits until it answers. Throws `sandbox-failed` with the end of its
 * log, or the signal's reason; then no server is left.
 */
export async function startServer(
  stateDir: string,
  prepared: Prepared,
  sources: readonly WantedSource[],
  signal?: AbortSignal,
): Promise<SandboxInfo> {
  await mkdir(stateDir, { recursive: true });
  await rm(join(stateDir, 'server.json'), { force: true });
  await writeEntries(stateDir, entriesFor(sources, prepared.machines?.images ?? new Map()));
  const server = await spawnDetached(prepared.python, serverArguments(stateDir, prepared), serverLog(stateDir));
  try {
    return await untilReady(stateDir, server, signal);
  } catch (error) {
    server.kill('SIGTERM');
    throw error;
  }
}

/** Ends a server and waits until it is gone, its machines with it. Throws `sandbox-stuck`. */
export async function stopServer({ pid, log }: SandboxInfo, signal?: AbortSignal): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + STOP_LIMIT;
  while (pidExists(pid)) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) throw sandboxStuck(pid, log, STOP_LIMIT / 1000);
    await sleep(POLL);
  }
}

/** Removes what a sandbox that is down keeps: the way out when its server cannot read it any more. */
export async function removeState(stateDir: string): Promise<void> {
  await Promise.all(['state', 'disks'].map((name) => rm(join(stateDir, name), { recursive: true, force: true })));
}

function serverArguments(stateDir: string, { machines }: Prepared): readonly string[] {
  const script = packageFile('src', 'sandbox', 'server.py');
  const common = [script, '--state-dir', stateDir, '--images', imagesFile(stateDir)];
  if (machines === undefined) return [...common, '--machines', 'none'];
  const { bootDisk, acceleration } = machines;
  return [...common, '--machines', 'qemu', '--boot-disk', bootDisk, '--accel', acceleration.accelerator];
}

interface Server {
  readonly kill: (signal: NodeJS.Signals) => unknown;
  /** Undefined while it runs. */
  readonly ending: () => string | undefined;
}

/** Compiling moto is half of a start: it is kept, even for users who switched that off, and away from the sources. */
const BYTECODE = { PYTHONDONTWRITEBYTECODE: '', PYTHONPYCACHEPREFIX: join(cacheDir(), 'python', 'bytecode') };

/** A session of its own: Ctrl-C in the terminal that started it is not meant for it. */
async function spawnDetached(python: string, args: readonly string[], log: string): Promise<Server> {
  const output = await open(log, 'w');
  let ending: string | undefined;
  try {
    const stdio: StdioOptions = ['ignore', output.fd, output.fd];
    const child = spawn(python, args, { detached: true, stdio, cwd: '/', env: { ...process.env, ...BYTECODE } });
    child.once('error', (error) => {
      ending = error.message;
    });
    child.once('exit', (code, signal) => {
      ending = signal === null ? `its server exited with ${code}` : `its server was ended by ${signal}`;
    });
    child.unref();
    return { kill: (signal) => child.kill(signal), ending: () => ending };
  } finally {
    await output.close();
  }
}

async function untilReady(stateDir: string, server: Server, signal?: AbortSignal): Promise<SandboxInfo> {
  const deadline = performance.now() + START_LIMIT;
  const log = serverLog(stateDir);
  const failed = async (problem: string) => sandboxFailed(log, problem, lastLines(await readFile(log, 'utf8')));
  for (;;) {
    signal?.throwIfAborted();
    const info = await findServer(stateDir, signal);
    if (info !== undefined) return info;
    const ending = server.ending();
    if (ending !== undefined) throw await failed(ending);
    if (performance.now() > deadline) throw await failed(`its server was not ready after ${START_LIMIT / 1000} s`);
    await sleep(POLL);
  }
}
