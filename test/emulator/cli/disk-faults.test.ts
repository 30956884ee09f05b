import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { expectOneError } from '../../helpers/cli-errors.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { inNamespace } from '../../helpers/namespace.ts';
import type { Project } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

/** Runs `bake` in a mount namespace of its own, so nothing stays mounted; needs no root where users may have those. */
const mounted = (script: string) => [...inNamespace('--mount'), 'sh', '-euc', `${script}\nexec "$@"`, 'sh'];

async function expectNextRunToWork(project: Project): Promise<void> {
  expect(await sandbox.leftovers()).toEqual([]);
  expect(await project.bake(['base', '--sandbox'])).toMatchObject({ code: 0 });
  expect(await sandbox.leftovers()).toEqual([]);
}

it.each(['4k', '20k', '32k'])('explains a disk that is full after %s', async (size) => {
  await using project = await sandbox.project();
  const state = join(project.dir, '.bake');
  await mkdir(state);
  const small = mounted(`mount -t tmpfs -o size=${size} none '${state}'`);
  const { code, stdout, stderr } = await project.start(['base', '--sandbox'], {}, small).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expectOneError(stderr, /the disk is full|no space left on device/);
  await expectNextRunToWork(project);
});

it('explains a project folder that is read-only, and still plans there', async () => {
  await using project = await sandbox.project();
  const readOnly = mounted(
    `mount --bind '${project.dir}' '${project.dir}'\nmount -o remount,bind,ro '${project.dir}'\ncd '${project.dir}'`,
  );
  const plan = await project.start(['plan', '--sandbox'], {}, readOnly).ended;
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('2 to bake') });
  const { code, stdout, stderr } = await project.start(['base', '--sandbox'], {}, readOnly).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expectOneError(stderr, /the file system is read-only: .*\/\.bake/);
  await expectNextRunToWork(project);
});

it('stops the sandbox although its disk is full', async () => {
  await using project = await sandbox.project();
  const { stateDir, pid } = sandbox.status;
  const full = mounted(
    [
      'copy=$(mktemp -d)',
      `cp -a '${stateDir}/.' "$copy"`,
      `mount -t tmpfs -o size=8m none '${stateDir}'`,
      `cp -a "$copy/." '${stateDir}'`,
      'rm -r "$copy"',
      `cat /dev/zero >'${stateDir}/full' 2>/dev/null || true`,
    ].join('\n'),
  );
  const { code, stderr } = await project.start(['sandbox', 'down'], {}, full).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'The sandbox is down; its images are kept.\n' });
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  await sandbox.start('--no-machines');
});
