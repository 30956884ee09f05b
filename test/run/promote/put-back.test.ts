import { expect, test } from 'vitest';
import { grantKey, grantsIn } from '../../../src/model/status-tags.ts';
import type { Hook } from '../../helpers/fake-process.ts';
import { refused } from '../../helpers/fake-world.ts';
import { CHANNEL_WHOLE, pointedAt, promotionOf, run, worldWithFirst } from '../../helpers/promoting.ts';
import { ami, CHANNEL, COPIER, IRELAND, OWN, SHARER, SYDNEY } from '../../helpers/promotion.ts';

/** A template that takes no new version. */
const stuck: Hook = ({ where, operation }, phase) => {
  if (where === `${SHARER}/${SYDNEY}` && operation === 'writeTemplate' && phase === 'before') {
    throw refused('access-denied', 'not allowed');
  }
};

test('if one pointer cannot be moved, all that were moved are put back, and the channel holds what it held', async () => {
  const world = await worldWithFirst();
  const { promoted, process } = await run(world, promotionOf(2), stuck);
  expect(promoted.error).toMatchObject({ code: 'pointer-not-moved', message: expect.stringContaining('as before') });
  expect(pointedAt(world)).toEqual(['1.0.0']);
  const moved = process.events.filter(({ type }) => type === 'pointer-moved').length;
  expect(moved).toBeGreaterThan(0);
  expect(process.events.filter(({ type }) => type === 'pointer-put-back')).toHaveLength(moved);
  const [{ state } = { state: undefined }] = [...world.states.values()];
  expect(state?.moves.map(({ imageVersion, finished }) => [imageVersion, finished])).toEqual([['1.0.0', true]]);
});

test('also those that a killed run has moved', async () => {
  const world = await worldWithFirst();
  await run(world, promotionOf(2), ({ operation }, phase, process) => {
    const moved = process.calls.filter((call) => call.operation === 'writeParameter').length;
    if (operation === 'writeParameter' && phase === 'after' && moved === 3) process.kill();
  });
  expect(pointedAt(world)).toHaveLength(2);
  const { promoted } = await run(world, promotionOf(2), stuck);
  expect(promoted.error?.code).toBe('pointer-not-moved');
  expect(pointedAt(world)).toEqual(['1.0.0']);
});

test('where there were none, none are left', async () => {
  const world = await worldWithFirst();
  const pointers = { ...CHANNEL_WHOLE.pointers, parameter: '/new/{image}' };
  const { promoted } = await run(world, promotionOf(2, { ...CHANNEL_WHOLE, pointers }), stuck);
  expect(promoted.error?.code).toBe('pointer-not-moved');
  expect([...world.parameters.keys()].filter((name) => name.includes('/new/'))).toEqual([]);
});

test('one that cannot be put back either is named', async () => {
  const world = await worldWithFirst();
  let written = false;
  const { promoted } = await run(world, promotionOf(2), (call, phase, process) => {
    stuck(call, phase, process);
    const parameter = call.where === `${COPIER}/${IRELAND}` && call.operation === 'writeParameter';
    if (parameter && phase === 'before' && written) throw refused('throttled', 'too many calls');
    if (parameter && phase === 'after') written = true;
  });
  expect(promoted.error).toMatchObject({
    code: 'pointer-not-moved',
    details: [`/acme/prod/api in ${COPIER}/${IRELAND}: too many calls`],
  });
  expect((await run(world, promotionOf(2))).promoted.error).toBeUndefined();
  expect(pointedAt(world)).toEqual(['2.0.0']);
});

test('permissions of an account that the channel has no target in any more are taken back', async () => {
  const world = await worldWithFirst();
  await run(world, promotionOf(2), ({ where, operation }, phase, process) => {
    if (where.startsWith(COPIER) && operation === 'copy' && phase === 'after') process.kill();
  });
  const granted = () => world.images.flatMap(({ image }) => grantsIn(image.tags).map(({ account }) => account));
  expect(granted()).toEqual([COPIER]);
  const targets = CHANNEL_WHOLE.targets.filter(({ account }) => account !== COPIER);
  const { promoted } = await run(world, promotionOf(2, { ...CHANNEL_WHOLE, targets }));
  expect(promoted.error).toBeUndefined();
  expect(granted()).toEqual([]);
  expect(world.stored(ami(2)).image.launchPermissions?.accounts).toEqual([SHARER]);
  expect(world.stored(ami(2)).image.tags[grantKey(COPIER, CHANNEL)]).toBeUndefined();
});

test('no more snapshots are copied at a time than EC2 takes, and a busy region is asked again', async () => {
  const world = await worldWithFirst();
  const busy = { account: OWN, region: IRELAND };
  world.copyQuota = 1;
  world.copy(busy, {
    source: ami(1),
    sourceRegion: 'us-east-1' as never,
    name: 'other',
    attempt: 1,
    tags: { a: 'b' },
    clientToken: 't',
  });
  const { promoted, process } = await run(world, promotionOf(2));
  expect(promoted.error).toBeUndefined();
  const tries = process.calls.filter(({ where, operation }) => where === `${OWN}/${IRELAND}` && operation === 'copy');
  expect(tries.length).toBeGreaterThan(1);
});
