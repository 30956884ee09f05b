import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { FaultRule } from '../../helpers/interference.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

async function refuse(rules: readonly FaultRule[]): Promise<void> {
  const answer = await fetch(`${sandbox.endpoint}/_bake/faults`, { method: 'POST', body: JSON.stringify(rules) });
  if (!answer.ok) throw new Error(await answer.text());
}
const launches = (code: string, InstanceType: string): FaultRule => ({
  match: { action: 'RunInstances', parameters: { InstanceType } },
  // Not the 500 that EC2 gives: Packer itself would try that again for long.
  do: { fail: { code, status: 400, message: `${code}, as a test wants it` } },
});
const images = { base: { source: 'debian:12' } };
const settings = { build: { instanceTypes: { x86_64: ['t3.small', 't3a.small'] } } };

it('launches a builder elsewhere where EC2 has no room, and leaves nothing', { timeout: 280_000 }, async () => {
  await using project = await sandbox.project({ images, settings });
  await refuse([launches('InsufficientInstanceCapacity', 't3.small')]);
  const { code, stdout } = await project.bake(['base', '--sandbox', '--json']);
  expect(code, stdout).toBe(0);
  expect(eventsOf(stdout).filter(({ type }) => type === 'bake-retried')).toMatchObject([
    { attempt: 2, because: 'InsufficientInstanceCapacity', instanceType: 't3a.small' },
  ]);
  expect(resultOf(stdout).outcomes['base/x86_64']).toMatchObject({
    status: 'done',
    version: expect.stringMatching(/\.1$/),
  });
  expect(await sandbox.leftovers()).toEqual([]);
});

it('fails where there is no room anywhere', { timeout: 280_000 }, async () => {
  await using project = await sandbox.project({ images, settings });
  await refuse([launches('InsufficientInstanceCapacity', '*')]);
  const { code, stdout } = await project.bake(['base', '--sandbox', '--json']);
  expect(code).toBe(1);
  expect(resultOf(stdout).outcomes['base/x86_64']).toMatchObject({
    status: 'failed',
    error: { code: 'no-room-for-builder', hint: expect.stringContaining('build.instanceTypes') },
  });
  expect(await sandbox.leftovers()).toEqual([]);
});
