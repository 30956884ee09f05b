import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../helpers/cli.ts';
import { expectOneError } from '../helpers/cli-errors.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { ProjectSpec } from '../helpers/project.ts';

// One machine for each test, and no packages: what fails here fails early.
const failing: ProjectSpec = {
  images: {
    broken: { source: 'debian:12', layers: ['broken'] },
    endless: { source: 'debian:12', layers: ['endless'] },
  },
  layers: {
    broken: { 'scripts/10-good.sh': '#!/bin/sh\necho fine\n', 'scripts/20-bad.sh': '#!/bin/sh\nseq 1 30\nexit 7\n' },
    endless: { 'scripts/10-wait.sh': '#!/bin/sh\necho waiting for nothing\nexec sleep 3600\n' },
  },
};

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
});
afterAll(() => sandbox?.down());

async function expectNothingLeft(): Promise<void> {
  expect(await sandbox.leftovers()).toEqual([]);
  const { stdout } = await execa('pgrep', ['-f', `^qemu-system.*${sandbox.status.stateDir}`], { reject: false });
  expect(stdout).toBe('');
}

it('names the layer, the script and its last lines when provisioning fails', async () => {
  await using project = await sandbox.project(failing);
  project.patience = 900_000;
  const { code, stdout, stderr } = await project.bake(['base', 'broken', '--sandbox']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expectOneError(stderr, /layers\/broken\/scripts\/20-bad\.sh failed with exit code 7/);
  const shown = stderr.slice(stderr.indexOf('failed after'));
  expect(shown).toMatch(/ 29$/m);
  expect(shown).toMatch(/ 30$/m);
  expect(shown).toMatch(/→ .*--keep-on-error.*packer\.log/);
  await expectNothingLeft();
});

it('stops a script that hangs, and removes the machine', async () => {
  await using project = await sandbox.project(failing);
  project.patience = 900_000;
  const bake = project.start(['base', 'endless', '--sandbox', '--json']);
  await bake.says('waiting for nothing');
  const since = Date.now();
  bake.signal('SIGTERM');
  const { code, stdout } = await bake.ended;
  expect(Date.now() - since).toBeLessThan(60_000);
  expect(code).toBe(130);
  expect(resultOf(stdout)).toMatchObject({ exitCode: 130, error: { code: 'interrupted' } });
  await expectNothingLeft();
});
