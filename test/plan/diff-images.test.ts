import { describe, expect, test } from 'vitest';
import type { Protection, Unprotected } from '../../src/model/guarded.ts';
import type { Digest } from '../../src/model/ids.ts';
import type { KnownImage } from '../../src/model/known-image.ts';
import type { BakeRecord } from '../../src/model/record.ts';
import { diffImages } from '../../src/plan/diff-images.ts';
import { amiId, fingerprint, known, sha256 } from '../helpers/builders.ts';

const BASES = [1, 2].map((n) => known('base', n, { version: `${n}`, fingerprint: fingerprint(`base ${n}`) }));
const APIS = [3, 4].map((n) =>
  known('api', n, {
    version: `${n - 2}`,
    fingerprint: fingerprint(`api ${n}`),
    parent: `base/${n - 2}`,
    parentImageId: amiId(n - 2),
  }),
);
const IMAGES = [...BASES, ...APIS] as [KnownImage, KnownImage, KnownImage, KnownImage];

const kept = (
  row: string,
  layer: string,
  override: Protection['override'],
  file = '99-bake-010-x.cfg',
): Protection => ({
  row,
  layer,
  paths: [`/etc/${row}`],
  override,
  file,
});
const lost = (row: string, layer: string, effect: string): Unprotected => ({
  row,
  layer,
  paths: [`/etc/${row}`],
  effect,
  advice: '',
});

const record = (inputs: Readonly<Record<string, string>>, other: Partial<BakeRecord> = {}): BakeRecord => ({
  version: 1,
  imageVersion: '1',
  inputs: Object.fromEntries(Object.entries(inputs).map(([name, text]) => [name, sha256(text) as Digest])),
  machine: { packages: {} },
  ...other,
});

const diff = (records: readonly (BakeRecord | undefined)[]) => {
  const byId = new Map(
    records.flatMap((one, at) => (one === undefined ? [] : [[IMAGES[at]?.imageId ?? '', one] as const])),
  );
  return diffImages(IMAGES[2], IMAGES[3], IMAGES, byId);
};

const BASE = record({ 'layer/os/files/a': '1' });
const API = record({ parent: '1', 'variables/port': '80' });

test('inputs are those of the image and of the ancestors that it followed', () => {
  const { chain, withoutRecord } = diff([
    BASE,
    record({ 'layer/os/files/a': '2' }),
    API,
    record({ parent: '2', 'variables/port': '81' }),
  ]);
  expect(
    chain.map(({ id, from, to, changes }) => [id, from.version, to.version, changes.map(({ input }) => input)]),
  ).toEqual([
    ['api/x86_64', '1', '2', ['parent', 'variables/port']],
    ['base/x86_64', '1', '2', ['layer/os/files/a']],
  ]);
  expect(withoutRecord).toEqual([]);
});

test('packages are those of the machine itself', () => {
  const withPackages = (packages: Readonly<Record<string, string>>) => record({}, { machine: { packages } });
  const { packages } = diff([BASE, BASE, withPackages({ a: '1', b: '1' }), withPackages({ a: '2', c: '1' })]);
  expect(packages).toEqual([
    { name: 'a', change: 'upgraded', from: '1', to: '2' },
    { name: 'b', change: 'removed', from: '1' },
    { name: 'c', change: 'added', to: '1' },
  ]);
});

describe('guarded settings', () => {
  test('are those of all layers, of ancestors too, wherever they are kept', () => {
    const before = record({}, { protected: [kept('hosts', 'ssh', { a: 1 }), kept('locale', 'ssh', { l: 'de' })] });
    const after = record(
      {},
      {
        protected: [kept('hosts', 'ssh', { a: 1 }, '99-bake-020-x.cfg'), kept('locale', 'ssh', { l: 'en' })],
        unprotected: [lost('fstab', 'disks', 'it is written again')],
      },
    );
    const api = record({}, { unprotected: [lost('users', 'app', 'made again')] });
    const { guarded } = diff([before, after, api, record({})]);
    expect(guarded).toEqual([
      { change: 'added', row: 'fstab', layer: 'disks', paths: ['/etc/fstab'], to: { effect: 'it is written again' } },
      {
        change: 'changed',
        row: 'locale',
        layer: 'ssh',
        paths: ['/etc/locale'],
        from: { override: { l: 'de' } },
        to: { override: { l: 'en' } },
      },
      { change: 'removed', row: 'users', layer: 'app', paths: ['/etc/users'], from: { effect: 'made again' } },
    ]);
  });

  test('that are not kept any more have changed', () => {
    const before = record({}, { protected: [kept('hosts', 'ssh', { a: 1 })] });
    const after = record({}, { unprotected: [lost('hosts', 'ssh', 'overwritten')] });
    expect(diff([before, after, API, API]).guarded).toMatchObject([
      { change: 'changed', from: { override: { a: 1 } }, to: { effect: 'overwritten' } },
    ]);
  });
});

describe('what is not known is not the same', () => {
  test('without a record of the version', () => {
    expect(diff([BASE, BASE, API, undefined])).toMatchObject({
      packages: null,
      guarded: null,
      withoutRecord: ['api 2'],
    });
  });

  test('without a record of an ancestor: packages are known all the same', () => {
    const found = diff([undefined, BASE, API, API]);
    expect(found).toMatchObject({ packages: [], guarded: null, withoutRecord: ['base 1'] });
  });

  test('where no machine ran', () => {
    const { machine: _, ...bare } = API;
    expect(diff([BASE, BASE, bare, API])).toMatchObject({ packages: null, guarded: null, withoutRecord: [] });
  });
});
