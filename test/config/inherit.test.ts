import { expect, test } from 'vitest';
import { inheritAll } from '../../src/config/inherit.ts';
import type { WrittenConfig } from '../../src/config/schema.ts';

const written: WrittenConfig = {
  project: 'acme',
  region: 'us-east-1',
  variables: { limits: { files: 1024, tasks: 100 }, hosts: ['a', 'b'], colour: 'blue' },
  tags: { team: 'platform', tier: 'none' },
  rootVolume: { sizeGiB: 8, type: 'gp3', throughput: 200 },
  build: { network: { vpc: 'vpc-01234567', publicAddress: true }, timeLimits: { bake: '60m' } },
  images: {
    worker: { parent: 'api', variables: { colour: null } },
    base: {
      source: 'debian:12',
      architectures: ['x86_64', 'arm64'],
      layers: ['base'],
      variables: { limits: { files: 4096 } },
      tags: { tier: 'base' },
      build: { network: { publicAddress: false } },
    },
    api: {
      parent: 'base',
      architectures: ['arm64'],
      variables: { hosts: ['c'] },
      rootVolume: { type: 'gp2' },
      build: { timeLimits: { connect: 90 } },
    },
    other: { source: 'al2023' },
  },
};

test('top level ← parent ← own, key by key, whatever the order written', () => {
  const images = inheritAll(written);
  expect([...images.keys()]).toEqual(['worker', 'base', 'api', 'other']);
  expect(images.get('worker')).toEqual({
    architectures: ['arm64'],
    variables: { limits: { files: 4096, tasks: 100 }, hosts: ['c'], colour: null },
    tags: { team: 'platform', tier: 'base' },
    rootVolume: { sizeGiB: 8, type: 'gp2' },
    volumes: new Map(),
    build: {
      network: { vpc: 'vpc-01234567', publicAddress: false },
      timeLimits: { bake: '60m', connect: 90 },
    },
    source: 'debian:12',
  });
  expect(images.get('other')).toEqual({
    architectures: ['x86_64'],
    variables: written.variables,
    tags: written.tags,
    rootVolume: written.rootVolume,
    volumes: new Map(),
    build: written.build,
    source: 'al2023',
  });
});

test('a child has the pin of its parent, and moves or mirrors it', () => {
  const images = inheritAll({
    ...written,
    images: {
      base: { source: 'debian:12', packages: { snapshot: '20261101T000000Z' } },
      api: { parent: 'base' },
      web: { parent: 'api', packages: { mirror: 'https://x' } },
      late: { parent: 'web', packages: { snapshot: '20261102T000000Z' } },
    },
  });
  expect(images.get('api')?.packages).toEqual({ snapshot: '20261101T000000Z' });
  expect(images.get('late')?.packages).toEqual({ snapshot: '20261102T000000Z', mirror: 'https://x' });
});

test('an explicit undefined is not written', () => {
  const images = inheritAll({ ...written, images: { base: { source: 'al2023', rootVolume: { sizeGiB: undefined } } } });
  expect(images.get('base')?.rootVolume.sizeGiB).toBe(8);
});

test('unknown parents and cycles end in the top level', () => {
  const images = inheritAll({
    ...written,
    images: { a: { parent: 'b' }, b: { parent: 'a' }, c: { parent: 'toString' } },
  });
  for (const image of images.values()) expect(image.tags).toEqual(written.tags);
});

test('a lineage of a thousand images', () => {
  const images = Object.fromEntries(
    Array.from({ length: 1000 }, (_, n) => [`i${n}`, n === 999 ? { source: 'al2023' } : { parent: `i${n + 1}` }]),
  );
  expect(inheritAll({ ...written, images }).get('i0')?.source).toBe('al2023');
});

test('volumes come down the lineage, each at the device that its first image gave it', () => {
  const images = inheritAll({
    ...written,
    images: {
      worker: { parent: 'api', volumes: { logs: { sizeGiB: 5 } } },
      api: {
        parent: 'base',
        volumes: {
          data: { sizeGiB: 30, type: 'gp3' },
          cache: { sizeGiB: 40, snapshot: false },
          own: { device: '/dev/xvdg' },
        },
      },
      base: { source: 'debian:12', volumes: { data: { sizeGiB: 20, type: 'io2', iops: 4000 } } },
    },
  });
  expect([...(images.get('worker')?.volumes ?? [])]).toEqual([
    ['data', { device: '/dev/sdf', sizeGiB: 30, type: 'gp3', inherited: true }],
    // The child's other one has the place of /dev/sdg.
    ['cache', { device: '/dev/sdh', sizeGiB: 40, snapshot: false, inherited: true }],
    ['own', { device: '/dev/xvdg', inherited: true }],
    ['logs', { device: '/dev/sdi', sizeGiB: 5, inherited: false }],
  ]);
  expect(images.get('base')?.volumes.get('data')).toMatchObject({ device: '/dev/sdf', iops: 4000, inherited: false });
});
