import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ensureVenv } from '../../src/setup/venv.ts';
import { temporaryFolder } from '../setup/temporary-folder.ts';

let folder: string;
let requirements: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', folder);
  requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, '# nothing\n');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

it('is made once for callers at the same time, and again when it is not whole', { timeout: 120_000 }, async () => {
  const onStep = vi.fn();
  const made = () => onStep.mock.calls.filter(([event]) => event.state === 'started').length;
  const [one, two] = await Promise.all([
    ensureVenv({ requirements }, { onStep }),
    ensureVenv({ requirements }, { onStep }),
  ]);
  expect(two).toBe(one);
  expect(made()).toBe(1);
  expect((await execa(one, ['-c', 'import sys; print(sys.prefix)'])).stdout).toBe(dirname(dirname(one)));

  await rm(join(one, '..', '..', '.complete'));
  expect(await ensureVenv({ requirements }, { onStep })).toBe(one);
  expect(made()).toBe(2);
});
