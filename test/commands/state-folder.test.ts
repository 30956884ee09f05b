import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeRunFolder } from '../../src/commands/state-folder.ts';
import type { Config } from '../../src/model/image.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';

it('keeps the newest runs, and older ones that hold the key of a machine', async () => {
  await using folder = await temporaryFolder();
  const runs = join(folder.path, '.bake', 'runs');
  const keys = ['base-x86_64/builder.key', 'try-x86_64.key'];
  for (const [index, key] of [...keys, undefined, undefined].entries()) {
    await mkdir(join(runs, `2025-${index}`, 'base-x86_64'), { recursive: true });
    if (key !== undefined) await writeFile(join(runs, `2025-${index}`, key), '');
  }
  for (let index = 10; index < 40; index++) await makeRunFolder({ root: folder.path } as Config, `2026-${index}`);
  const left = await readdir(runs);
  expect(left.filter((name) => name.startsWith('2025'))).toEqual(['2025-0', '2025-1']);
  expect(left).toHaveLength(32);
});
