import { expect, test } from 'vitest';
import type { Architecture, ImageName } from '../../../src/model/ids.ts';
import { nodeId } from '../../../src/model/ids.ts';
import type { BakeStep } from '../../../src/model/plan.ts';
import type { BakeContext, BakeEffects } from '../../../src/run/bake-job.ts';
import { Reservations, type ReservationsOptions } from '../../../src/run/join/reservations.ts';
import { amiId, config, fingerprint, imageName, NOW, PROJECT, RUN, version } from '../../helpers/builders.ts';
import { FakeCloud } from '../../helpers/fake-cloud.ts';

const API = imageName('api');
const NOBODY: ReadonlySet<string> = new Set();

const stepOf = (image: ImageName, architecture: Architecture = 'x86_64'): BakeStep => ({
  id: nodeId(image, architecture),
  action: 'bake',
  image,
  architecture,
  fingerprint: fingerprint(image),
  parent: { kind: 'source', imageId: amiId(0), name: 'source' },
  reason: { why: 'never-baked' },
});

/** Of a run that starts now. */
async function reservations(cloud: FakeCloud, other: Partial<ReservationsOptions> = {}) {
  const clock = { now: () => NOW, sleep: () => new Promise<void>(() => {}) };
  const { signal } = new AbortController();
  const effects = { images: cloud.images, builders: cloud.builders, clock, signal, emit: () => {} };
  const context = {
    config: config([]),
    run: RUN,
    owner: { run: RUN, host: 'ci-1', user: 'ann', pid: 7 },
    processes: { here: undefined, isAlive: () => true },
  };
  const images = await cloud.images.list(PROJECT);
  cloud.calls.length = 0;
  const options = { images, bakesOf: (image: ImageName) => [stepOf(image)], versionFor: () => undefined, ...other };
  return new Reservations(context as unknown as BakeContext, effects as unknown as BakeEffects, options);
}

const copied = (image: string, version: string) => ({
  'bake:project': 'acme',
  'bake:image': image,
  'bake:version': version,
});

test('the version is the next after those listed before the run and those in tags of AMIs of any name', async () => {
  const cloud = new FakeCloud();
  cloud.makeFinishedImage('acme/api/2026.11.20.4-x86_64');
  cloud.makeFinishedImage('acme/other/2026.11.20.9-x86_64');
  const listed = await reservations(cloud);
  expect(await listed.claim(stepOf(API), NOBODY)).toMatchObject({ is: 'reserved', version: '2026.11.20.5' });
  await listed.close();
  cloud.makeFinishedImage('copy of api', undefined, copied('api', '2026.11.20.6'));
  cloud.makeFinishedImage('copy of other', undefined, copied('other', '2026.11.20.8'));
  const tagged = await reservations(cloud);
  expect(await tagged.claim(stepOf(API), NOBODY)).toMatchObject({ is: 'reserved', version: '2026.11.20.7' });
});

test('a given version that a tag has is refused', async () => {
  const cloud = new FakeCloud();
  cloud.makeFinishedImage('copy of api', undefined, copied('api', '1.4.2'));
  const given = await reservations(cloud, { versionFor: () => version('1.4.2') });
  await expect(given.claim(stepOf(API), NOBODY)).rejects.toMatchObject({ code: 'version-taken' });
});

test('a hundred images ask for tags once, each for no more than its own AMIs, and look at reservations together', async () => {
  const cloud = new FakeCloud();
  const all = await reservations(cloud);
  const names = Array.from({ length: 100 }, (_, n) => imageName(`image-${n}`));
  await Promise.all(names.map((name) => all.claim(stepOf(name), NOBODY)));
  const of = (call: string) => cloud.calls.filter((one) => one.startsWith(call));
  expect(of('taggedVersions')).toEqual(['taggedVersions acme']);
  expect(of('list').sort()).toEqual(names.map((name) => `list acme/${name}`).sort());
  expect(of('reservations').length).toBeLessThan(5);
});

test('one for all architectures, and what nobody has taken charge of is released', async () => {
  const cloud = new FakeCloud();
  const steps = [stepOf(API), stepOf(API, 'arm64')];
  const both = await reservations(cloud, { bakesOf: () => steps });
  const claims = await Promise.all(steps.map((step) => both.claim(step, NOBODY)));
  expect(claims).toMatchObject([{ version: '2026.11.20.1' }, { version: '2026.11.20.1' }]);
  both.baked(nodeId(API, 'x86_64'));
  await both.close();
  expect([...cloud.keyPairs.keys()]).toEqual(['bake/acme/api/2026.11.20.1-x86_64']);
});
