import { expect, test } from 'vitest';
import type { BakeEffects } from '../../src/run/bake-job.ts';
import { Reservations, type ReservationsRequest } from '../../src/run/reservations.ts';
import { config, imageName, NOW, PROJECT, RUN, version } from '../helpers/builders.ts';
import { FakeCloud } from '../helpers/fake-cloud.ts';

const API = imageName('api');

async function reservations(cloud: FakeCloud, other: Partial<ReservationsRequest> = {}) {
  const clock = { now: () => NOW, sleep: () => Promise.resolve() };
  const effects = { images: cloud.images, builders: cloud.builders, clock, emit: () => {} } as unknown as BakeEffects;
  const images = await cloud.images.list(PROJECT);
  cloud.calls.length = 0;
  return new Reservations({ config: config([]), run: RUN, images, ...other }, effects);
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
  expect((await listed.of(API, ['x86_64'])).version).toBe('2026.11.20.5');
  cloud.makeFinishedImage('copy of api', undefined, copied('api', '2026.11.20.6'));
  cloud.makeFinishedImage('copy of other', undefined, copied('other', '2026.11.20.8'));
  const tagged = await reservations(cloud);
  expect((await tagged.of(API, ['x86_64'])).version).toBe('2026.11.20.7');
});

test('a given version that a tag has is refused', async () => {
  const cloud = new FakeCloud();
  cloud.makeFinishedImage('copy of api', undefined, copied('api', '1.4.2'));
  const given = await reservations(cloud, { version: { value: version('1.4.2'), images: [API] } });
  await expect(given.of(API, ['x86_64'])).rejects.toMatchObject({ code: 'version-taken' });
});

test('a hundred images ask for tags once, and each for no more than its own images', async () => {
  const cloud = new FakeCloud();
  const all = await reservations(cloud);
  const names = Array.from({ length: 100 }, (_, n) => imageName(`image-${n}`));
  await Promise.all(names.map((name) => all.of(name, ['x86_64'])));
  expect(cloud.calls.filter((call) => call.startsWith('taggedVersions'))).toEqual(['taggedVersions acme']);
  const lists = cloud.calls.filter((call) => call.startsWith('list')).sort();
  expect(lists).toEqual(names.map((name) => `list acme/${name}`).sort());
});

test('one for all architectures, and what nobody has taken charge of is released', async () => {
  const cloud = new FakeCloud();
  const both = await reservations(cloud);
  const architectures = ['x86_64', 'arm64'] as const;
  const [one, two] = await Promise.all([both.of(API, architectures), both.of(API, architectures)]);
  expect(one).toBe(two);
  both.forget('api/x86_64');
  await both.releaseUnused();
  expect([...cloud.keyPairs.keys()]).toEqual(['bake/acme/api/2026.11.20.1-x86_64']);
});

test('a look at the tags that fails is no obstacle for the next image', async () => {
  const cloud = new FakeCloud();
  cloud.failNext('taggedVersions');
  const some = await reservations(cloud);
  await expect(some.of(imageName('other'), ['x86_64'])).rejects.toMatchObject({ code: 'aws-call-failed' });
  expect((await some.of(API, ['x86_64'])).version).toBe('2026.11.20.1');
});
