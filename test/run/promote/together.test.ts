import { expect, test } from 'vitest';
import type { ChannelName } from '../../../src/model/ids.ts';
import type { Source } from '../../../src/model/promotion.ts';
import { grantsIn } from '../../../src/model/status-tags.ts';
import { wantedOf } from '../../../src/plan/promotion/wanted.ts';
import { promote } from '../../../src/run/promote/promote.ts';
import { FakeProcess, type Hook } from '../../helpers/fake-process.ts';
import { refused } from '../../helpers/fake-world.ts';
import {
  CHANNEL_WHOLE,
  dump,
  pointedAt,
  promotionOf,
  run,
  versionOf,
  worldWithFirst,
} from '../../helpers/promoting.ts';
import { ami, COPIER, IRELAND, observed, SYDNEY } from '../../helpers/promotion.ts';

test('two promotions of one version started together make one copy of each, and end as one', async () => {
  const alone = await worldWithFirst();
  await run(alone, promotionOf(2));
  const world = await worldWithFirst();
  const both = await Promise.all([run(world, promotionOf(2)), run(world, promotionOf(2, undefined, 'another-run'))]);
  const errors = both.flatMap(({ promoted }) => (promoted.error === undefined ? [] : [promoted.error.code]));
  expect(errors.every((code) => code === 'channel-changed')).toBe(true);
  if (errors.length > 1) await run(world, promotionOf(2));
  expect(dump(world, { versions: false })).toEqual(dump(alone, { versions: false }));
  expect(world.violations).toEqual([]);
});

test('of different versions, the later holder of the lease wins everywhere', async () => {
  const world = await worldWithFirst();
  let later: Promise<unknown> | undefined;
  world.leaseHolder = 1;
  // The first is stopped by its machine after two pointers; its lease is dead by the time the second has come.
  const hook: Hook = ({ operation }, phase, { calls }) => {
    const moved = calls.filter((call) => call.operation === 'writeParameter').length;
    if (operation !== 'writeParameter' || phase !== 'after' || moved !== 2 || later !== undefined) return;
    world.leaseHolder = 2;
    later = run(world, promotionOf(1, undefined, 'back-to-1'), undefined, 2);
  };
  const first = await run(world, promotionOf(2), hook, 1);
  expect(first.promoted.error?.code).toBe('lease-lost');
  expect(await later).toMatchObject({ promoted: { sites: expect.anything() } });
  expect(pointedAt(world)).toEqual(['1.0.0']);
  const [[, { state }] = ['', { state: undefined }]] = world.states;
  expect(state?.moves[0]).toMatchObject({ imageVersion: '1.0.0', finished: true });
});

const down: Hook = ({ where }, phase) => {
  if (where === `${COPIER}/${IRELAND}` && phase === 'before') throw refused('endpoint-unreachable', 'no answer');
};

test('one site is down for good: the others are ready, pointers stay, and the same command finishes when it is back', async () => {
  const world = await worldWithFirst();
  const { promoted } = await run(world, promotionOf(2), down);
  expect(promoted.error).toMatchObject({
    code: 'promotion-incomplete',
    message: `1 of 6 are not ready, so no pointer was moved: ${COPIER}/${IRELAND} api/x86_64`,
    hint: expect.stringContaining('bake promote api@2.0.0 --to prod'),
  });
  expect([...promoted.sites.values()].filter(({ status }) => status === 'ready')).toHaveLength(5);
  expect(pointedAt(world)).toEqual(['1.0.0']);
  const began = world.clock.now().getTime();
  const again = await run(world, promotionOf(2));
  expect(again.promoted.error).toBeUndefined();
  expect(pointedAt(world)).toEqual(['2.0.0']);
  expect(world.images.flatMap(({ image }) => grantsIn(image.tags))).toEqual([]);
  expect(again.process.calls.filter(({ operation }) => operation === 'copy')).toHaveLength(1);
  expect((world.clock.now().getTime() - began) / 1000).toBeLessThan(world.copySeconds + 10);
});

test('a slow site has its own deadline; what is under way is found by the next run', async () => {
  const world = await worldWithFirst();
  world.copySeconds = 5000;
  const { promoted } = await run(world, promotionOf(2));
  const outcomes = [...promoted.sites.values()].map((one) => (one.status === 'failed' ? one.error.code : one.status));
  expect(outcomes.toSorted()).toEqual(['ready', ...Array(5).fill('target-timed-out')]);
  const again = await run(world, promotionOf(2));
  expect(again.promoted.error).toBeUndefined();
  expect(again.process.calls.filter(({ operation }) => operation === 'copy')).toEqual([]);
  expect(world.images.flatMap(({ image }) => grantsIn(image.tags))).toEqual([]);
});

test('a copy that failed is told with the snapshot’s message; the next run makes another and removes it', async () => {
  const alone = await worldWithFirst();
  await run(alone, promotionOf(2));
  const world = await worldWithFirst();
  world.failNextCopy({ account: COPIER, region: IRELAND }, 'Given key ID is not accessible');
  const { promoted } = await run(world, promotionOf(2));
  expect(promoted.sites.get(`${COPIER}/${IRELAND} api/x86_64`)).toMatchObject({
    status: 'failed',
    error: { code: 'copy-failed', details: [expect.stringContaining('Given key ID is not accessible')] },
  });
  expect(pointedAt(world)).toEqual(['1.0.0']);
  const again = await run(world, promotionOf(2));
  expect(again.promoted.error).toBeUndefined();
  const there = world.at({ account: COPIER, region: IRELAND }).filter(({ name }) => name.includes('2.0.0'));
  expect(there.map(({ name, state }) => [name, state])).toEqual([['acme/api/2.0.0-x86_64@2', 'available']]);
  const renamed = JSON.parse(JSON.stringify(dump(world)).replaceAll('@2', ''));
  expect(renamed).toEqual(JSON.parse(JSON.stringify(dump(alone))));
});

test('a copy that was deregistered is made anew, though EC2 remembers its token', async () => {
  const world = await worldWithFirst();
  await run(world, promotionOf(2));
  const [copy] = world.at({ account: COPIER, region: IRELAND }).filter(({ name }) => name.includes('2.0.0'));
  world.remove(copy?.imageId ?? '');
  const { promoted } = await run(world, promotionOf(2));
  expect(promoted.error).toBeUndefined();
  const [again] = world.at({ account: COPIER, region: IRELAND }).filter(({ name }) => name.includes('2.0.0'));
  expect(again).toMatchObject({ name: 'acme/api/2.0.0-x86_64@2', state: 'available' });
});

test('interrupted, it leaves what is under way and moves nothing', async () => {
  const world = await worldWithFirst();
  const process = new FakeProcess(world);
  const promoting = promote(promotionOf(2), process.effects);
  await world.clock.sleep(7000, process.abort.signal);
  process.abort.abort();
  const { sites, error } = await promoting;
  expect([...sites.values()].map(({ status }) => status)).toContain('cancelled');
  expect(error?.code).toBe('promotion-incomplete');
  expect(pointedAt(world)).toEqual(['1.0.0']);
  expect((await run(world, promotionOf(2))).promoted.error).toBeUndefined();
});

test('two channels that let one account copy the same version leave it no permission, and take none from one another', async () => {
  const region = (where: string) => ({
    ...CHANNEL_WHOLE,
    name: where as ChannelName,
    targets: CHANNEL_WHOLE.targets.filter((one) => one.region === where && one.account === COPIER),
  });
  for (let seconds = 0; seconds <= 20; seconds++) {
    const world = await worldWithFirst();
    const first = run(world, promotionOf(2, region(IRELAND)));
    await world.clock.sleep(seconds * 1000, new AbortController().signal);
    const second = run(world, promotionOf(2, region(SYDNEY)));
    for (const { promoted } of await Promise.all([first, second]))
      expect(promoted.error, `${seconds} s`).toBeUndefined();
    expect(world.stored(ami(2)).image.launchPermissions?.accounts, `${seconds} s`).toEqual([]);
    expect(grantsIn(world.stored(ami(2)).image.tags), `${seconds} s`).toEqual([]);
  }
});

test('of two architectures, neither pointer moves before both are there', async () => {
  const world = await worldWithFirst();
  const arm = observed({ ...versionOf(2).ami, imageId: ami(3), name: 'acme/api/2.0.0-arm64' });
  const tags = { ...arm.tags, 'bake:arch': 'arm64', 'bake:fingerprint': '3'.repeat(64) };
  const image = { ...arm, tags, snapshots: arm.snapshots.map((one) => ({ ...one, snapshotId: 'snap-3', tags })) };
  world.add(image);
  const both: Source[] = [versionOf(2), { ...versionOf(2), id: 'api/arm64', architecture: 'arm64', ami: image }];
  const pointers = { parameter: '/{image}/{arch}', files: [] };
  const channel = { ...CHANNEL_WHOLE, pointers };
  const promotion = { ...promotionOf(2, channel), wanted: wantedOf(channel, promotionOf(2).targets, both) };
  world.failNextCopy({ account: COPIER, region: IRELAND }, 'no key');
  const { promoted } = await run(world, promotion);
  expect(promoted.error?.message).toMatch(/^1 of 12 are not ready/);
  const moved = () => [...world.parameters].filter(([name]) => name.includes(' /api/'));
  expect(moved()).toEqual([]);
  expect((await run(world, promotion)).promoted.error).toBeUndefined();
  expect(moved()).toHaveLength(12);
  expect(world.violations).toEqual([]);
});
