import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadTemplates } from '../../src/run/templates.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';

test('a template of the project takes the place of ours, and has to be UTF-8', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'provision/hygiene.sh');
  await mkdir(join(file, '..'));
  await writeFile(file, 'echo café\n');
  const templates = await loadTemplates(folder.path);
  expect(templates['provision/hygiene.sh']).toBe('echo café\n');
  expect(templates['provision/run.sh']).toContain('#!/bin/sh');
  await writeFile(file, Buffer.from('echo caf\xe9\n', 'latin1'));
  await expect(loadTemplates(folder.path)).rejects.toMatchObject({
    code: 'template-unreadable',
    message: 'provision/hygiene.sh is a template and not UTF-8',
  });
});
