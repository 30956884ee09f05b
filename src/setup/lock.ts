import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockTimeout } from './errors.ts';
import { isAlive, type ProcessIdentity, thisProcess } from './process-identity.ts';

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Seconds to wait for another holder. */
  readonly patience: number;
  /** Called once, when somebody else holds the lock. */
  readonly onWait?: (holder: number) => void;
}

const POLL = 100;

/**
 * Does `work` while no other process does its work under the same file. A holder that died does not count.
 * Throws `lock-timeout`, the signal's reason, or what `work` throws.
 */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await acquire(file, options);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string, { signal, patience, onWait }: LockOptions): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const deadline = performance.now() + patience * 1000;
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    if (await take(file)) return;
    const holder = await holderOf(file);
    if (holder === undefined) continue;
    if (!(await isAlive(holder))) {
      await bury(file);
      continue;
    }
    if (!told) onWait?.(holder.pid);
    told = true;
    if (performance.now() > deadline) throw lockTimeout(file, holder.pid, patience);
    await sleep(POLL, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** A link appears with its content or not at all; a file that is created and then written can be read half-made. */
async function take(file: string): Promise<boolean> {
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, JSON.stringify(await thisProcess()));
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(own, { force: true });
  }
}

/** Undefined when the lock was released meanwhile. */
async function holderOf(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Takes a dead holder's lock away. Between looking and taking, another may have got it: then it is given back. */
async function bury(file: string): Promise<void> {
  const grave = `${file}.${randomUUID()}`;
  try {
    await rename(file, grave);
    const buried = await holderOf(grave);
    if (buried !== undefined && (await isAlive(buried))) await link(grave, file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(grave, { force: true });
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
