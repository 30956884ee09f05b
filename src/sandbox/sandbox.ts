import { join } from 'node:path';
import { withLock } from '../setup/lock.ts';
import { runStep, type StepContext } from '../setup/steps.ts';
import { ask } from './ask.ts';
import { sandboxAnswer, sandboxWithoutMachines } from './errors.ts';
import { findImages, type MachineImages } from './image-recipe.ts';
import { changedEntries, entriesDigest, entriesFor, readEntries, writeEntries } from './images-file.ts';
import { type Prepared, prepareImages, prepareSandbox } from './prepare.ts';
import {
  type FoundServer,
  findServer,
  lastMachines,
  lookAtServer,
  type Machines,
  rememberMachines,
  type SandboxInfo,
  sandboxDir,
} from './server-info.ts';
import { removeState, startServer, stopServer } from './server-process.ts';
import { DEBIAN_12, type WantedSource } from './wanted-sources.ts';

export { sandboxConnection } from './connection.ts';
export type { Machines, SandboxInfo } from './server-info.ts';
export { wantedSources } from './wanted-sources.ts';

export interface SandboxOptions extends StepContext {
  /** Each project has a sandbox of its own. */
  readonly project: string;
}

export interface SandboxUpOptions extends SandboxOptions {
  /** Default: as it is up, or as it was last started, or else `qemu`. `none` needs Python only; then instances run without ever booting. */
  readonly machines?: Machines;
  /** What it has AMIs of; `wantedSources` tells what the project's images start from. Default: Debian 12. */
  readonly sources?: readonly WantedSource[];
}

export interface RunningSandbox extends SandboxInfo {
  /** Whether this call started it. */
  readonly started: boolean;
}

/** An instance as the server sees it. */
export interface SandboxInstance {
  readonly instanceId: string;
  readonly region: string;
  readonly state: string;
  readonly address: string | null;
  readonly sshPort: number;
  readonly imageId: string;
  /** The file that its console is written to. */
  readonly consoleLog: string | null;
}

export interface SandboxStatus extends SandboxInfo {
  readonly uptimeSeconds: number;
  readonly disksBytes: number;
  readonly instances: readonly SandboxInstance[];
}

const NO_IMAGES: MachineImages = new Map();

/** Seconds: one process may be building the machine image while the others wait for it. */
const PATIENCE = 1800;

/**
 * The project's sandbox, started if it is not up, on a machine that is made ready first. Repeating it changes nothing,
 * and two at once start one. Throws `sandbox-without-machines` when it is up without the machines asked for,
 * `sandbox-failed`, and what making ready throws: `machines-unavailable`, `tools-missing`, `command-failed`. One that is
 * up gets the AMIs that it lacks, and keeps everything else.
 */
export async function sandboxUp(options: SandboxUpOptions): Promise<RunningSandbox> {
  const stateDir = sandboxDir(options.project);
  const { sources = [DEBIAN_12] } = options;
  const running = await lookAtServer(stateDir, options.signal);
  if (running !== undefined && (await hasSources(running, sources, options)))
    return { ...running.info, started: false };
  return exclusively(options, async () => {
    const other = await lookAtServer(stateDir, options.signal);
    if (other !== undefined) {
      await addSources(other, sources, options);
      return { ...other.info, started: false };
    }
    const machines = options.machines ?? (await lastMachines(stateDir)) ?? 'qemu';
    const prepared = await prepareSandbox(machines, options, sources);
    const info = await runStep('sandbox', options, async () => {
      const value = await startServer(stateDir, prepared, sources, options.signal);
      await rememberMachines(stateDir, machines);
      return { value, detail: `${value.endpoint}, ${describeMachines(prepared)}` };
    });
    return { ...info, started: true };
  });
}

/** Stops the sandbox and every machine; what it knows is kept. Returns whether it was up. Throws `sandbox-stuck`. */
export async function sandboxDown(options: SandboxOptions): Promise<boolean> {
  const stop = async () => {
    const running = await findServer(sandboxDir(options.project), options.signal);
    if (running === undefined) return false;
    await stopServer(running, options.signal);
    return true;
  };
  return exclusively(options, stop).catch((error) => {
    // A full disk has no room for a lock, and the disks of machines are what makes room.
    if (error?.code === 'ENOSPC') return stop();
    throw error;
  });
}

/** Undefined when it is down. */
export async function sandboxStatus(options: SandboxOptions): Promise<SandboxStatus | undefined> {
  const running = await findServer(sandboxDir(options.project), options.signal);
  if (running === undefined) return undefined;
  const answer = await call(running, 'GET', 'status', options.signal);
  const { uptimeSeconds, disksBytes, instances } = answer as Omit<SandboxStatus, keyof SandboxInfo>;
  return { ...running, uptimeSeconds, disksBytes, instances };
}

/** Removes every instance, image and object, as if the sandbox were new; up or down, it stays that. */
export async function sandboxReset(options: SandboxOptions): Promise<void> {
  const stateDir = sandboxDir(options.project);
  await exclusively(options, async () => {
    const running = await findServer(stateDir, options.signal);
    if (running !== undefined) await call(running, 'POST', 'reset', options.signal);
    else await removeState(stateDir);
  });
}

/** For what an administrator has made on AWS. Repeating it changes nothing. */
export async function ensureInstanceProfile(info: SandboxInfo, name: string, signal?: AbortSignal): Promise<void> {
  await call(info, 'POST', `instance-profile/${encodeURIComponent(name)}`, signal);
}

function accept(running: SandboxInfo, { machines, project }: SandboxUpOptions): SandboxInfo {
  if (machines === 'qemu' && running.machines === 'none') throw sandboxWithoutMachines(project);
  return running;
}

async function hasSources(
  { info, imagesDigest }: FoundServer,
  sources: readonly WantedSource[],
  options: SandboxUpOptions,
): Promise<boolean> {
  const images = accept(info, options).machines === 'none' ? NO_IMAGES : await findImages(sources);
  if (images === undefined) return false;
  const changed = changedEntries(await readEntries(info.stateDir), entriesFor(sources, images));
  return changed === undefined && hasRead(info, imagesDigest);
}

/** Whoever wrote the file may have been killed before the server was told. */
const hasRead = async ({ stateDir }: SandboxInfo, imagesDigest: unknown): Promise<boolean> =>
  imagesDigest === (await entriesDigest(stateDir));

async function addSources(
  { info, imagesDigest }: FoundServer,
  sources: readonly WantedSource[],
  context: SandboxUpOptions,
): Promise<void> {
  const images = accept(info, context).machines === 'none' ? NO_IMAGES : await prepareImages(sources, context);
  const before = await readEntries(info.stateDir);
  const changed = changedEntries(before, entriesFor(sources, images));
  if (changed === undefined && (await hasRead(info, imagesDigest))) return;
  await writeEntries(info.stateDir, changed ?? before);
  try {
    await call(info, 'POST', 'images', context.signal);
  } catch (error) {
    // Other checkouts want what was there.
    await writeEntries(info.stateDir, before);
    throw error;
  }
}

function describeMachines({ machines }: Prepared): string {
  if (machines === undefined) return 'no machines';
  const { accelerator, because } = machines.acceleration;
  return because === undefined ? `machines by ${accelerator}` : `machines by ${accelerator}: ${because}`;
}

function exclusively<T>({ project, signal, onStep }: SandboxOptions, work: () => Promise<T>): Promise<T> {
  const onWait = (holder: number) =>
    onStep?.({ step: 'sandbox', state: 'output', line: `waiting for process ${holder}, which is at it too` });
  return withLock(join(sandboxDir(project), 'up.lock'), { signal, patience: PATIENCE, onWait }, work);
}

async function call(info: SandboxInfo, method: 'GET' | 'POST', name: string, signal?: AbortSignal): Promise<unknown> {
  const wrong = (answer: string) => sandboxAnswer(info.endpoint, `${method} ${name}`, answer);
  const { status, body } = await ask(info.endpoint, method, name, signal).catch((error: Error) => {
    signal?.throwIfAborted();
    throw wrong(error.message);
  });
  if (status !== 200) throw wrong(`HTTP ${status}`);
  return JSON.parse(body);
}
