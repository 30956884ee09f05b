import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/setup/lock.ts';
import { thisProcess } from '../../src/setup/process-identity.ts';
import { temporaryFolder } from './temporary-folder.ts';

const lockFile = async () => join(await temporaryFolder(), 'lock');

describe('withLock', () => {
  it('lets one at a time in, also after dead holders', async () => {
    const file = await lockFile();
    await writeFile(file, JSON.stringify({ pid: 2 ** 22 + 1, began: '' }));
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside--;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(file, { patience: 60 }, work)));
    expect(most).toBe(1);
    expect(await readdir(dirname(file))).toEqual([]);
  });

  it('is not held by a process that merely has the pid of the holder', async () => {
    const file = await lockFile();
    await writeFile(file, JSON.stringify({ pid: process.pid, began: 'an earlier boot/1' }));
    expect(await withLock(file, { patience: 0 }, async () => 'in')).toBe('in');
  });

  it('gives up after its patience, and names the holder', async () => {
    const file = await lockFile();
    await writeFile(file, JSON.stringify(await thisProcess()));
    const waited: number[] = [];
    const options = { patience: 0, onWait: (holder: number) => waited.push(holder) };
    await expect(withLock(file, options, async () => {})).rejects.toMatchObject({
      code: 'lock-timeout',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    expect(waited).toEqual([process.pid]);
    expect(existsSync(file)).toBe(true);
  });

  it('stops waiting when told to', async () => {
    const file = await lockFile();
    await writeFile(file, JSON.stringify(await thisProcess()));
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    const onWait = () => stop.abort(reason);
    await expect(withLock(file, { patience: 60, signal: stop.signal, onWait }, async () => {})).rejects.toBe(reason);
  });

  it('is released by work that fails', async () => {
    const file = await lockFile();
    const failing = withLock(file, { patience: 0 }, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(file)).toBe(false);
  });
});
