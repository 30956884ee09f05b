import { expect, test } from 'vitest';
import { NOT_SHARED } from '../../../src/model/channel.ts';
import type { ObservedImage } from '../../../src/model/promotion.ts';
import { grantKey } from '../../../src/model/status-tags.ts';
import { lookAtAll, verify } from '../../../src/run/promote/verify.ts';
import { FakeProcess } from '../../helpers/fake-process.ts';
import type { FakeWorld } from '../../helpers/fake-world.ts';
import { dump, observedNow, promotionOf, run, versionOf, worldWithFirst } from '../../helpers/promoting.ts';
import { ami, CHANNEL, COPIER, HOME, IRELAND, OWN, SHARER, SYDNEY } from '../../helpers/promotion.ts';

const driftOf = (world: FakeWorld) => verify(observedNow(world, promotionOf(2)), new FakeProcess(world).effects);

async function promoted() {
  const world = await worldWithFirst();
  await run(world, promotionOf(2));
  return world;
}

/** The copy of version 2 there. */
function copyAt(world: FakeWorld, account: typeof OWN, region: typeof HOME): ObservedImage {
  const found = world.at({ account, region }).find(({ name }) => name.includes('2.0.0'));
  if (found === undefined) throw new Error(`no copy in ${account}/${region}`);
  return found;
}

/** Every attribute, each at a site. */
function breakAll(world: FakeWorld): void {
  const change = (account: typeof OWN, region: typeof HOME, over: (image: ObservedImage) => Partial<ObservedImage>) =>
    world.change(copyAt(world, account, region).imageId, (image) => ({ ...image, ...over(image) }));
  change(OWN, HOME, () => ({ launchPermissions: NOT_SHARED }));
  change(OWN, IRELAND, ({ snapshots }) => ({
    snapshots: snapshots.map((one) => ({ ...one, tags: {}, volumePermissions: { accounts: [], public: false } })),
  }));
  change(OWN, SYDNEY, ({ tags: { team: _, ...tags } }) => ({ tags }));
  change(COPIER, HOME, () => ({ deprecateAt: '2026-12-01T00:00:00.000Z' }));
  change(COPIER, IRELAND, () => ({ deregistrationProtection: 'off' }));
  world.remove(copyAt(world, COPIER, SYDNEY).imageId);
  world.parameters.delete(`${SHARER}/${IRELAND} /acme/prod/api`);
  const template = world.templates.get(`${SHARER}/${SYDNEY} acme-api`);
  if (template !== undefined) template.default = 1;
  world.change(ami(2), (image) => ({
    ...image,
    tags: { ...image.tags, [grantKey(COPIER, CHANNEL)]: 'launch+volume' },
  }));
}

test('what is right shows no drift, and is not changed', async () => {
  const world = await promoted();
  expect(await driftOf(world)).toMatchObject({ ok: true, leftovers: [], pointers: [] });
  const { process } = await run(world, promotionOf(2));
  expect(process.calls.filter(({ mutation }) => mutation > 0)).toEqual([]);
});

test('all that is broken is found; repair mends it, and then nothing is found', async () => {
  const world = await promoted();
  const { images } = dump(world);
  breakAll(world);
  const drift = await driftOf(world);
  expect(drift.ok).toBe(false);
  expect(
    Object.fromEntries(drift.sites.map(({ id, steps }) => [id.split(' ')[0], steps.map((step) => step.do)])),
  ).toEqual({
    [`${OWN}/${HOME}`]: ['share-image'],
    [`${OWN}/${IRELAND}`]: ['tag', 'share-snapshots'],
    [`${OWN}/${SYDNEY}`]: ['tag'],
    [`${COPIER}/${HOME}`]: ['deprecate', 'revoke'],
    [`${COPIER}/${IRELAND}`]: ['protect', 'revoke'],
    [`${COPIER}/${SYDNEY}`]: ['grant', 'copy', 'wait', 'deprecate', 'protect', 'revoke'],
  });
  expect(
    drift.pointers.map(({ target, moves }) => [target.account, target.region, moves.map(({ kind }) => kind)]),
  ).toEqual([
    [SHARER, IRELAND, ['parameter']],
    [COPIER, SYDNEY, ['parameter', 'launch-template']],
    [SHARER, SYDNEY, ['launch-template']],
  ]);
  expect((await run(world, promotionOf(2))).promoted.error).toBeUndefined();
  expect(await driftOf(world)).toMatchObject({ ok: true });
  expect(JSON.parse(JSON.stringify(dump(world).images).replaceAll('@2', ''))).toEqual(
    JSON.parse(JSON.stringify(images)),
  );
});

test('a copy that is not as its source is told, and not shared', async () => {
  const world = await promoted();
  const { imageId } = copyAt(world, OWN, IRELAND);
  world.change(imageId, (image) => ({
    ...image,
    traits: { ...image.traits, ena: false },
    launchPermissions: NOT_SHARED,
  }));
  const drift = await driftOf(world);
  expect(drift.sites.find(({ imageId: id }) => id === imageId)?.differences).toEqual([
    { trait: 'ena', source: 'true', copy: 'false' },
  ]);
  const { promoted: again } = await run(world, promotionOf(2));
  expect(again.sites.get(`${OWN}/${IRELAND} api/x86_64`)).toMatchObject({
    status: 'failed',
    error: { code: 'copy-differs' },
  });
  expect(world.stored(imageId).image.launchPermissions).toEqual(NOT_SHARED);
});

test('what cannot be looked at does not hide the rest, and further accounts are no drift', async () => {
  const world = await promoted();
  world.change(copyAt(world, OWN, IRELAND).imageId, (image) => ({
    ...image,
    launchPermissions: { ...NOT_SHARED, accounts: [SHARER, COPIER] },
  }));
  const process = new FakeProcess(world, {
    hook: ({ where, operation }) => {
      if (where === `${OWN}/${SYDNEY}` && operation === 'find') throw new Error('no answer');
    },
  });
  const drift = await verify(observedNow(world, promotionOf(2)), process.effects);
  expect(drift.sites.filter(({ error }) => error !== undefined).map(({ site }) => site.region)).toEqual([SYDNEY]);
  expect(drift.pointers).toEqual([]);
  expect(drift.sites.find(({ id }) => id.startsWith(`${OWN}/${IRELAND}`))).toMatchObject({
    steps: [],
    further: [COPIER],
  });
});

test('looks at many images of a site are one call', async () => {
  const world = await promoted();
  const process = new FakeProcess(world);
  const wanted = [1, 2].flatMap((number) =>
    promotionOf(number).wanted.map((one) => ({
      ...one,
      source: { ...versionOf(number), id: `v${number}/x86_64` as const },
    })),
  );
  await lookAtAll({ ...promotionOf(2), wanted }, process.effects);
  const finds = process.calls.filter(({ operation }) => operation === 'find').map(({ where }) => where);
  expect(finds.filter((where) => where !== `${OWN}/${HOME}`)).toHaveLength(5);
});
