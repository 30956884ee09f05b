import { describe, expect, test } from 'vitest';
import type { Architecture } from '../../src/model/ids.ts';
import { type ReserveRequest, reserveVersion } from '../../src/run/reserve.ts';
import { fingerprint, imageName, NOW, PROJECT, RUN, version } from '../helpers/builders.ts';
import { FakeCloud } from '../helpers/fake-cloud.ts';

const REQUEST: ReserveRequest = {
  project: PROJECT,
  image: imageName('api'),
  architectures: ['x86_64'],
  scheme: '{yyyy}.{mm}.{dd}.{n}',
  run: RUN,
  wants: new Map([['x86_64', fingerprint('api')]]),
  owner: 'me',
  taken: [],
};
const BOTH: readonly Architecture[] = ['x86_64', 'arm64'];
const GIVEN = { version: version('1.4.2') };
const clock = { now: () => NOW, sleep: () => Promise.resolve() };
const effectsOf = ({ images, builders }: Pick<FakeCloud, 'images' | 'builders'>) => ({
  images,
  builders,
  clock,
  signal: new AbortController().signal,
  reservations: () => builders.reservations(PROJECT),
});

const reserve = (cloud: FakeCloud, other: Partial<ReserveRequest> = {}) =>
  reserveVersion({ ...REQUEST, ...other }, effectsOf(cloud));
const keyPair = (version: string, architecture = 'x86_64') => `bake/acme/api/${version}-${architecture}`;

test('the first of the day, with a key that Packer can use', async () => {
  const cloud = new FakeCloud();
  const reserved = await reserve(cloud);
  expect(reserved.version).toBe('2026.11.20.1');
  const name = keyPair('2026.11.20.1');
  expect(reserved.keys.get('x86_64')).toEqual({ id: `id of ${name}`, name, privateKey: `key of ${name}` });
  expect(cloud.keyPairs.get(name)).toMatchObject({
    'bake:run': RUN,
    'bake:image': 'api',
    'bake:arch': 'x86_64',
    'bake:wants': fingerprint('api'),
    'bake:owner': 'me',
    'bake:alive': '2026-11-20T12:02:00.000Z',
  });
});

test('the next after those in use', async () => {
  const taken = ['2026.11.20.1', '2026.11.20.4'];
  expect((await reserve(new FakeCloud(), { taken })).version).toBe('2026.11.20.5');
});

test('the next after those in use that nobody knew of, whatever their architecture or state', async () => {
  const cloud = new FakeCloud();
  cloud.makeFinishedImage('acme/api/2026.11.20.1-x86_64');
  cloud.makeImage('acme/api/2026.11.20.4-arm64', {}, 'failed');
  cloud.makeImage('acme/other/2026.11.20.9-x86_64');
  expect((await reserve(cloud)).version).toBe('2026.11.20.5');
  expect(cloud.calls.filter((call) => call.startsWith('reserve'))).toHaveLength(2);
});

test('the next after one that another run has reserved', async () => {
  const cloud = new FakeCloud();
  cloud.keyPairs.set(keyPair('2026.11.20.1'), {});
  expect((await reserve(cloud)).version).toBe('2026.11.20.2');
});

test('the next when another run finished and released the number between listing and reserving', async () => {
  const cloud = new FakeCloud();
  cloud.before('reserve', () => cloud.makeFinishedImage('acme/api/2026.11.20.1-x86_64'));
  const reserved = await reserve(cloud);
  expect(reserved.version).toBe('2026.11.20.2');
  expect([...cloud.keyPairs.keys()]).toEqual([keyPair('2026.11.20.2')]);
  expect(reserved.images.map((known) => known.version)).toEqual(['2026.11.20.1']);
});

test('ten at once get ten versions', async () => {
  const cloud = new FakeCloud();
  const reserved = await Promise.all(Array.from({ length: 10 }, () => reserve(cloud)));
  expect(new Set(reserved.map(({ version }) => version)).size).toBe(10);
  expect(cloud.keyPairs.size).toBe(10);
});

describe('two architectures', () => {
  test('share a version', async () => {
    const cloud = new FakeCloud();
    const { version, keys } = await reserve(cloud, { architectures: BOTH });
    expect([...keys.values()].map(({ name }) => name)).toEqual([keyPair(version), keyPair(version, 'arm64')]);
  });

  test('give both back when one of them is taken', async () => {
    const cloud = new FakeCloud();
    cloud.keyPairs.set(keyPair('2026.11.20.1', 'arm64'), {});
    expect((await reserve(cloud, { architectures: BOTH })).version).toBe('2026.11.20.2');
    expect([...cloud.keyPairs.keys()].sort()).toEqual([
      keyPair('2026.11.20.1', 'arm64'),
      keyPair('2026.11.20.2', 'arm64'),
      keyPair('2026.11.20.2'),
    ]);
  });

  test('ten at once get ten versions', async () => {
    const cloud = new FakeCloud();
    const reserved = await Promise.all(Array.from({ length: 10 }, () => reserve(cloud, { architectures: BOTH })));
    expect(new Set(reserved.map(({ version }) => version)).size).toBe(10);
    expect(cloud.keyPairs.size).toBe(20);
  });
});

describe('a given version', () => {
  test('is taken as it is', async () => {
    expect((await reserve(new FakeCloud(), GIVEN)).version).toBe('1.4.2');
  });

  test.each<[string, (cloud: FakeCloud) => void, how: string]>([
    ['an image has it', (cloud) => cloud.makeImage('acme/api/1.4.2-arm64'), 'an image has it'],
    ['a bake has it', (cloud) => cloud.keyPairs.set(keyPair('1.4.2'), {}), 'another bake has reserved it'],
    [
      'another run was faster',
      (cloud) => cloud.before('reserve', () => cloud.makeFinishedImage('acme/api/1.4.2-x86_64')),
      'an image has it',
    ],
  ])('is refused when it is taken: %s', async (_, prepare, how) => {
    const cloud = new FakeCloud();
    prepare(cloud);
    const before = [...cloud.keyPairs.keys()];
    await expect(reserve(cloud, GIVEN)).rejects.toMatchObject({
      code: 'version-taken',
      message: `version 1.4.2 of api is taken: ${how}`,
      blame: 'user',
    });
    expect([...cloud.keyPairs.keys()]).toEqual(before);
  });
});

describe('a call that fails leaves no reservation', () => {
  test.each<[string, (cloud: FakeCloud) => void]>([
    [
      'the second reservation',
      (cloud) => {
        cloud.before('reserve', () => {});
        cloud.failNext('reserve');
      },
    ],
    ['the listing after it', (cloud) => cloud.failNext('list')],
  ])('%s', async (_, prepare) => {
    const cloud = new FakeCloud();
    prepare(cloud);
    await expect(reserve(cloud, { architectures: BOTH })).rejects.toMatchObject({ code: 'aws-call-failed' });
    expect(cloud.keyPairs.size).toBe(0);
  });
});

test('it does not try for ever', async () => {
  const cloud = new FakeCloud();
  const builders = { ...cloud.builders, reserve: async () => undefined };
  await expect(reserveVersion(REQUEST, effectsOf({ images: cloud.images, builders }))).rejects.toMatchObject({
    code: 'version-not-reserved',
  });
});
