import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { interrupted } from '../../src/model/errors.ts';
import type { Outcome } from '../../src/model/events.ts';
import { BakeRun } from '../helpers/bake-run.ts';
import { base, layer, script } from '../helpers/builders.ts';
import type { Invocation } from '../helpers/fake-packer.ts';
import { onDisk, temporaryFolder } from '../helpers/layers-on-disk.ts';

const network = { subnets: ['subnet-a', 'subnet-b'], publicAddress: true, allowedCidrs: 'auto' } as const;
const instanceTypes = { x86_64: ['t3.small', 't3a.small'], arm64: ['t4g.small'] };
const IMAGE = base('base', { build: { network, instanceTypes }, layers: ['os'] });
const NO_ROOM = 'Error launching source instance: InsufficientInstanceCapacity: We are sorry.';
const THROTTLED = 'Error launching source instance: RequestLimitExceeded: Request limit exceeded.';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let run: BakeRun;
beforeEach(async () => {
  folder = await temporaryFolder();
  const os = await onDisk(folder.path, layer('os', { steps: [script('10-a.sh')] }));
  run = await BakeRun.open({ images: [IMAGE], layers: [os] });
});
afterEach(async () => {
  await run[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Drives one attempt after the other, and gives the outcome. */
async function bake(...attempts: readonly ((packer: Invocation) => unknown)[]): Promise<Outcome | undefined> {
  const ended = run.start();
  for (const attempt of attempts) await attempt(await next());
  return (await ended).get('base/x86_64');
}

/** The next build, for which time may have to pass. */
async function next(): Promise<Invocation> {
  let found: Invocation | undefined;
  void run.packer.next().then((invocation) => {
    found = invocation;
  });
  while (found === undefined) await run.pass(10);
  return found;
}
const placesTried = () =>
  run.packer.invocations.map(({ request }) => `${request.variables.instance_type} ${request.variables.subnet}`);
const fails = (words: string) => (packer: Invocation) => {
  packer.launch();
  packer.fail(words);
};
const succeeds = (packer: Invocation) => packer.succeed();

describe('a builder that EC2 has no room for', () => {
  test('is looked for at the end again where it could not be removed between attempts', async () => {
    run.cloud.failNext('removeLeftovers');
    expect(await bake(fails(NO_ROOM), succeeds)).toMatchObject({ status: 'done' });
    expect(run.of('warning')).toMatchObject([{ warning: { code: 'leftovers' } }]);
    expect(run.cloud.temporary).toEqual([]);
  });

  test('is launched elsewhere, under the same version; what the attempt left is removed first', async () => {
    const outcome = await bake(fails(NO_ROOM), (packer) => {
      expect([...run.cloud.instances.values()].filter(({ living }) => living)).toEqual([]);
      expect(run.cloud.securityGroups.size).toBe(1);
      expect([...run.cloud.keyPairs.keys()]).toEqual(['bake/acme/base/2026.11.20.1-x86_64']);
      packer.succeed();
    });
    expect(outcome).toMatchObject({ status: 'done', version: '2026.11.20.1' });
    expect(placesTried()).toEqual(['t3.small subnet-a', 't3.small subnet-b']);
    expect(run.of('bake-retried')).toEqual([
      {
        type: 'bake-retried',
        id: 'base/x86_64',
        attempt: 2,
        because: 'InsufficientInstanceCapacity',
        instanceType: 't3.small',
        subnet: 'subnet-b',
      },
    ]);
    expect(run.cloud.temporary).toEqual([]);
  });

  test('fails when there is none anywhere, and says what to write', async () => {
    const outcome = await bake(fails(NO_ROOM), fails(NO_ROOM), fails(NO_ROOM), fails(NO_ROOM));
    expect(placesTried()).toHaveLength(4);
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'no-room-for-builder', hint: expect.stringContaining('build.instanceTypes'), blame: 'cloud' },
    });
    expect(run.cloud.temporary).toEqual([]);
  });
});

test('throttling is waited for in the same place, five times at most', async () => {
  const outcome = await bake(...Array.from({ length: 5 }, () => fails(THROTTLED)));
  expect(placesTried()).toEqual(Array.from({ length: 5 }, () => 't3.small subnet-a'));
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'throttled' } });
});

test('a spot instance that EC2 takes away is launched elsewhere', async () => {
  const outcome = await bake((packer) => {
    const instance = run.cloud.instances.get(packer.launch());
    if (instance !== undefined) Object.assign(instance, { living: false, endedBy: 'Server.SpotInstanceTermination' });
    packer.say('::bake:: start 1');
    packer.fail('Script disconnected unexpectedly.');
  }, succeeds);
  expect(outcome).toMatchObject({ status: 'done' });
  expect(run.of('bake-retried')).toMatchObject([{ because: 'SpotInstanceTermination' }]);
});

test('a script that fails is not run again, whatever it says', async () => {
  const outcome = await bake((packer) => {
    packer.launch();
    packer.say('::bake:: start 1', '::bake:: failed 1 1');
    packer.fail(NO_ROOM);
  });
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'layer-failed' } });
  expect(run.packer.invocations).toHaveLength(1);
});

test('interrupted before the next attempt, nothing is left', async () => {
  const ended = run.start();
  (await next()).fail(THROTTLED);
  while (run.of('bake-retried').length === 0) await new Promise((done) => setImmediate(done));
  run.interrupt(interrupted('SIGINT'));
  expect((await ended).get('base/x86_64')).toEqual({ status: 'cancelled', because: 'stopped by SIGINT' });
  expect(run.packer.invocations).toHaveLength(1);
  expect(run.cloud.temporary).toEqual([]);
});
