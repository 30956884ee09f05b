import { expect, test } from 'vitest';
import { targetId } from '../../../src/model/channel.ts';
import type { ImageName, NodeId } from '../../../src/model/ids.ts';
import type { Source } from '../../../src/model/promotion.ts';
import { TAG } from '../../../src/model/tags.ts';
import { wantedOf } from '../../../src/plan/promotion/wanted.ts';
import { promoteAll } from '../../../src/run/promote/promote.ts';
import type { Promotion } from '../../../src/run/promote/promotion.ts';
import { FakeProcess } from '../../helpers/fake-process.ts';
import { FakeWorld, refused } from '../../helpers/fake-world.ts';
import { CHANNEL_WHOLE, promotionOf, TARGETS, versionOf } from '../../helpers/promoting.ts';
import { ami, at, HOME, OWN, SYDNEY } from '../../helpers/promotion.ts';

const IMAGES = ['api', 'web', 'worker'] as const;

/** A version of each image, baked at home. */
function baked() {
  const world = new FakeWorld();
  const promotions = IMAGES.map((name, number): Promotion => {
    const { ami: image } = versionOf(1);
    const renamed = JSON.parse(JSON.stringify(image).replaceAll('acme/api', `acme/${name}`)) as Source['ami'];
    const tags = { ...renamed.tags, [TAG.image]: name, [TAG.fingerprint]: `${number}`.repeat(64) };
    const snapshots = renamed.snapshots.map((one) => ({ ...one, snapshotId: `snap-${name}`, tags }));
    const source: Source = {
      ...versionOf(1),
      id: `${name}/x86_64` as NodeId,
      image: name as ImageName,
      ami: { ...renamed, imageId: ami(number + 1), tags, snapshots },
    };
    world.add(source.ami);
    return { ...promotionOf(1), image: source.image, wanted: wantedOf(CHANNEL_WHOLE, TARGETS, [source]) };
  });
  return { world, promotions };
}

const held = (world: FakeWorld): readonly string[] => [...world.states.keys()].toSorted();

test('what they wait for at a site is asked for by one call', async () => {
  const { world, promotions } = baked();
  const process = new FakeProcess(world);
  const leased = promotions.map((promotion) => ({ promotion, lease: undefined }));
  const promoted = await promoteAll(leased, process.effects);
  expect(promoted.map(({ error, sites }) => [error, sites.size])).toEqual(IMAGES.map(() => [undefined, 6]));
  expect(world.parameters.size).toBe(IMAGES.length * TARGETS.length);
  const polls = process.calls.filter(
    ({ operation, where }) => operation === 'states' && where === targetId(at(OWN, SYDNEY)),
  );
  // 12 s of copying, looked at every 5.
  expect(polls.length).toBeLessThanOrEqual(3);
  expect(world.violations).toEqual([]);
});

test('of one that fails the pointers stay, and the others are promoted', async () => {
  const { world, promotions } = baked();
  world.failNextCopy(at(OWN, SYDNEY), 'the key is not accessible');
  const process = new FakeProcess(world);
  const leased = promotions.map((promotion) => ({ promotion, lease: undefined }));
  const promoted = await promoteAll(leased, process.effects);
  const failed = promoted.flatMap(({ error }, number) => (error === undefined ? [] : [[IMAGES[number], error.code]]));
  expect(failed).toEqual([[expect.any(String), 'promotion-incomplete']]);
  expect(held(world)).toEqual(
    IMAGES.filter((name) => name !== failed[0]?.[0]).map((name) => `${CHANNEL_WHOLE.name} ${name}`),
  );
  expect([...world.parameters.keys()].filter((name) => name.endsWith(`/${failed[0]?.[0]}`))).toEqual([]);
});

test('each is switched under its own lease', async () => {
  const { world, promotions } = baked();
  const process = new FakeProcess(world);
  const lost = async (): Promise<never> => {
    throw refused('lease-lost', 'somebody else holds the lease');
  };
  const leased = promotions.map((promotion) => ({
    promotion,
    lease: {
      signal: new AbortController().signal,
      require: promotion.image === 'web' ? lost : async () => {},
      release: async () => {},
    },
  }));
  const promoted = await promoteAll(leased, process.effects);
  expect(promoted.map(({ error }) => error?.code)).toEqual([undefined, 'lease-lost', undefined]);
  expect(held(world)).toEqual(['api', 'worker'].map((name) => `${CHANNEL_WHOLE.name} ${name}`));
  expect([...world.parameters.keys()].filter((name) => name.endsWith('/web'))).toEqual([]);
  expect(world.at(at(OWN, HOME)).length).toBe(IMAGES.length);
});
