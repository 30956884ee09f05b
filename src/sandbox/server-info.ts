import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Accelerator } from '../setup/acceleration.ts';
import { dataDir } from '../setup/paths.ts';
import { pidExists } from '../setup/process-identity.ts';
import { ask } from './ask.ts';

export type Machines = 'qemu' | 'none';

/** A sandbox that runs, as its server describes itself in server.json. */
export interface SandboxInfo {
  readonly pid: number;
  /** `http://127.0.0.1:41234`. */
  readonly endpoint: string;
  /** The port that SSH of every instance is reached at, on the instance's own address. */
  readonly sshPort: number;
  readonly machines: Machines;
  readonly accelerator: Accelerator;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly stateDir: string;
  readonly log: string;
}

/** Everything a project's sandbox keeps, also while it is down. */
export const sandboxDir = (project: string): string => join(dataDir(), 'sandbox', project);

export const serverLog = (stateDir: string): string => join(stateDir, 'server.log');

const MACHINES_FILE = 'machines';

/** How the sandbox was started last: whoever chose to go without machines does not want them after a restart. */
export async function lastMachines(stateDir: string): Promise<Machines | undefined> {
  const text = await readFile(join(stateDir, MACHINES_FILE), 'utf8').catch(() => '');
  return text === 'qemu' || text === 'none' ? text : undefined;
}

export const rememberMachines = (stateDir: string, machines: Machines): Promise<void> =>
  writeFile(join(stateDir, MACHINES_FILE), machines);

/** Milliseconds; the answer comes from this machine, but that may be busy with several emulated ones. */
const PATIENCE = 5_000;

/** A sandbox that runs, and how far it has read the list of AMIs. */
export interface FoundServer {
  readonly info: SandboxInfo;
  readonly imagesDigest: unknown;
}

/** The sandbox that answers for this folder; undefined when none does, whatever its server.json claims. */
export async function findServer(stateDir: string, signal?: AbortSignal): Promise<SandboxInfo | undefined> {
  return (await lookAtServer(stateDir, signal))?.info;
}

export async function lookAtServer(stateDir: string, signal?: AbortSignal): Promise<FoundServer | undefined> {
  const info = await readServerFile(stateDir);
  if (info === undefined || !pidExists(info.pid)) return undefined;
  const status = await statusOf(info.endpoint, signal);
  return status && { info, imagesDigest: status.imagesDigest };
}

/** Undefined while the server has not written its file, or after it removed it. */
async function readServerFile(stateDir: string): Promise<SandboxInfo | undefined> {
  try {
    const file = JSON.parse(await readFile(join(stateDir, 'server.json'), 'utf8'));
    if (file.version !== 1) return undefined;
    const { pid, endpoint, sshPort, machines, accel: accelerator, startedAt } = file;
    return { pid, endpoint, sshPort, machines, accelerator, startedAt, stateDir, log: serverLog(stateDir) };
  } catch {
    return undefined;
  }
}

interface Status {
  readonly version?: unknown;
  readonly imagesDigest?: unknown;
}

/** Undefined where it is no sandbox's: after a crash another program may have the pid, and another the port. */
async function statusOf(endpoint: string, signal?: AbortSignal): Promise<Status | undefined> {
  const limit = AbortSignal.timeout(PATIENCE);
  try {
    const both = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const { status: code, body } = await ask(endpoint, 'GET', 'status', both);
    const status: Status = JSON.parse(body);
    return code === 200 && status.version === 1 ? status : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
