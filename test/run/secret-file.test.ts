import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { openSecretFile } from '../../src/run/secret-file.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';

const VALUES = { 'npm-token': ' a-token\n', KEY: '-----BEGIN\nß\0"$(x)`\n' };

test('another process reads each secret as it is, from an archive', async () => {
  await using folder = await temporaryFolder();
  await using file = await openSecretFile(VALUES);
  await execa('tar', ['-xf', file.path, '-C', folder.path]);
  for (const [name, value] of Object.entries(VALUES)) {
    expect(await readFile(join(folder.path, name), 'utf8'), name).toBe(value);
    expect((await stat(join(folder.path, name))).mode & 0o777, name).toBe(0o400);
  }
});

test('the archive has no name, is in memory, is for nobody else, and goes with its end', async () => {
  const file = await openSecretFile(VALUES);
  const { mode, nlink, dev } = await stat(file.path);
  expect({ mode: mode & 0o777, nlink }).toEqual({ mode: 0o600, nlink: 0 });
  expect(dev).toBe((await stat('/dev/shm')).dev);
  await file[Symbol.asyncDispose]();
  // The number may name something else by now.
  expect(await readFile(file.path, 'utf8').catch(() => '')).not.toContain(VALUES['npm-token']);
});
