import { cp, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { Project } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

async function bakedProject(): Promise<Project> {
  const project = await sandbox.project();
  const { code, stderr } = await project.bake(['service', 'api', '--with-parents', '--sandbox']);
  if (code !== 0) throw new Error(stderr);
  return project;
}

async function planned(project: Project) {
  const { steps } = JSON.parse((await project.bake(['plan', '--sandbox', '--json'])).stdout);
  return Object.fromEntries(steps.map((step: { image: string; reason?: object }) => [step.image, step.reason]));
}

it('names the file that changed, and bakes that image alone', async () => {
  await using project = await bakedProject();
  await project.write('layers/app/files/etc/app.conf', 'port = 81\n');
  const changes = [{ input: 'layer/app/files/etc/app.conf', change: 'changed' }];
  expect(await planned(project)).toEqual({
    base: undefined,
    api: { why: 'inputs-changed', since: expect.stringMatching(/\.1$/), changes },
  });
  const { stdout } = await project.bake(['service', 'api', '--with-parents', '--sandbox', '--json']);
  expect(resultOf(stdout).outcomes).toMatchObject({
    'base/x86_64': { status: 'reused', version: expect.stringMatching(/\.1$/) },
    'api/x86_64': { status: 'done', version: expect.stringMatching(/\.2$/) },
  });
});

it('bakes children again when their base has changed', async () => {
  await using project = await bakedProject();
  await project.write('layers/os/files/etc/motd', 'Welcome\n');
  await project.write('layers/os/files/etc/issue', 'new\n');
  const changes = [
    { input: 'layer/os/files/etc/issue', change: 'added' },
    { input: 'layer/os/files/etc/motd', change: 'changed' },
  ];
  expect(await planned(project)).toEqual({
    base: { why: 'inputs-changed', since: expect.any(String), changes },
    api: { why: 'parent-changed', parent: 'base', from: expect.stringMatching(/^base\//) },
  });
});

it('finds nothing to do in a touched file or a copy of the checkout', async () => {
  await using project = await bakedProject();
  await using copy = await sandbox.project();
  await cp(project.dir, copy.dir, { recursive: true, force: true });
  await utimes(join(copy.dir, 'layers/app/files/etc/app.conf'), 1, 1);
  expect(await planned(copy)).toEqual({ base: undefined, api: undefined });
});
