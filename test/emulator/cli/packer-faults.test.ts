import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type RunningCli, resultOf } from '../../helpers/cli.ts';
import { expectOneError } from '../../helpers/cli-errors.ts';
import { fakePacker, packerBehind } from '../../helpers/cli-packers.ts';
import { proxy } from '../../helpers/cli-proxy.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { Project } from '../../helpers/project.ts';
import { sampled } from '../../helpers/sampled.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

/** The same command with the Packer of this machine: nothing of the failed run stands in its way. */
async function expectNextRunToWork(project: Project): Promise<void> {
  expect(await sandbox.leftovers()).toEqual([]);
  await project.removeProgram('packer');
  const { code, stdout } = await project.bake(['base', '--sandbox', '--json']);
  expect(code).toBe(0);
  expect(resultOf(stdout).outcomes['base/x86_64']).toMatchObject({ version: expect.stringMatching(/\.1$/) });
  expect(await sandbox.leftovers()).toEqual([]);
}

const FAILURES = [
  ['ends well without an AMI', 'exit 0', /without an AMI in its manifest; is the packer on PATH the real one\?/],
  ['prints garbage and fails', 'head -c 20000 /dev/urandom; exit 1', /Packer failed/],
  ['is killed', 'kill -9 $$', /Packer failed .*SIGKILL/],
] as const;

it.each(sampled(FAILURES, 1, 'failures of Packer'))('explains a Packer that %s', async (_, script, says) => {
  await using project = await sandbox.project();
  await fakePacker(project, script);
  const { code, stdout, stderr } = await project.bake(['base', '--sandbox']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expectOneError(stderr, says);
  await expectNextRunToWork(project);
});

it('bakes nothing on top of an image that failed, and says so', async () => {
  await using project = await sandbox.project();
  await fakePacker(project, 'exit 1');
  const { code, stdout } = await project.bake(['service', 'api', '--with-parents', '--sandbox', '--json']);
  expect(code).toBe(1);
  expect(resultOf(stdout).outcomes).toMatchObject({
    'base/x86_64': { status: 'failed' },
    'api/x86_64': { status: 'cancelled', because: 'base/x86_64 was not baked' },
  });
  await expectNextRunToWork(project);
});

it('passes over a packer that is not HashiCorp’s', async () => {
  await using project = await sandbox.project();
  await project.program('packer', '#!/bin/sh\necho "0 words written"\n');
  // The real one is still on PATH, behind it.
  expect(await project.bake(['base', '--sandbox'])).toMatchObject({ code: 0 });
});

const SLOW_AMI = ['<imageState>available<', '<imageState>pending<', 'Waiting for AMI to become ready'] as const;
const SLOW_START = ['<name>running<', '<name>pending<', 'to become ready'] as const;

/** How a bake is stopped while the real Packer waits for ever. */
const STOPS = [
  ['SIGINT', 'process', 'waits for its AMI', SLOW_AMI],
  ['SIGINT', 'group', 'waits for its AMI', SLOW_AMI],
  ['SIGTERM', 'process', 'waits for its AMI', SLOW_AMI],
  ['SIGHUP', 'process', 'waits for its AMI', SLOW_AMI],
  ['SIGTERM', 'process', 'starts its builder', SLOW_START],
] as const;

it.each(sampled(STOPS, 1, 'signals'))(
  'cleans up after %s to the %s while Packer %s',
  async (signal, to, _, [ready, never, says]) => {
    await using project = await sandbox.project();
    const slow = (body: string) => body.replaceAll(ready, never);
    await using endless = await proxy({ to: sandbox.endpoint, change: (_, body) => slow(body) });
    await packerBehind(project, endless.url);
    const bake = project.start(['base', '--sandbox', '--json']);
    await bake.says(says);
    await expectInterrupted(bake, signal, to);
    await expectNextRunToWork(project);
  },
);

async function endsDeafPacker(project: Project): Promise<void> {
  await fakePacker(project, "trap '' TERM INT\necho hanging\nwhile :; do sleep 1; done");
  const bake = project.start(['base', '--sandbox', '--json']);
  await bake.says('hanging');
  await expectInterrupted(bake, 'SIGTERM');
}

async function endsUnheard(project: Project): Promise<void> {
  const [ready, never, says] = SLOW_AMI;
  const slow = (body: string) => body.replaceAll(ready, never);
  await using endless = await proxy({ to: sandbox.endpoint, change: (_, body) => slow(body) });
  const packer = await packerBehind(project, endless.url);
  const bake = project.start(['base', '--sandbox']);
  await bake.says(says);
  bake.hangUp();
  // It notices with its next line, which this signal to Packer makes it write.
  process.kill(await packer(), 'SIGTERM');
  expect(await bake.ended).toMatchObject({ code: 130 });
}

const ENDS = [
  ['a Packer that does not listen', endsDeafPacker],
  ['nobody who reads its output any more', endsUnheard],
] as const;

it.each(sampled(ENDS, 1, 'ends'))('cleans up with %s', async (_, end) => {
  await using project = await sandbox.project();
  await end(project);
  await expectNextRunToWork(project);
});

async function expectInterrupted(
  bake: RunningCli,
  signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP',
  to: 'process' | 'group' = 'process',
): Promise<void> {
  const since = Date.now();
  bake.signal(signal, to);
  const { code, stdout, stderr } = await bake.ended;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  expect(Date.now() - since).toBeLessThan(60_000);
  expect(resultOf(stdout)).toMatchObject({
    exitCode: 130,
    error: { code: 'interrupted' },
    outcomes: { 'base/x86_64': { status: 'cancelled', because: `stopped by ${signal}` } },
  });
}
