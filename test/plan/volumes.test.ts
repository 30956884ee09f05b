import { expect, test } from 'vitest';
import { placeOf } from '../../src/model/volume.ts';
import { changedInputs, inputsOf } from '../../src/plan/fingerprint.ts';
import { deviceClashes, unusableSnapshots } from '../../src/plan/volumes.ts';
import { amiId, base, volume } from '../helpers/builders.ts';

test.each([
  ['/dev/sdf', 'f'],
  ['/dev/xvdf', 'f'],
  ['xvdf', 'f'],
  ['/dev/sda1', 'a'],
  ['/dev/xvda', 'a'],
  ['/dev/xvdba', 'ba'],
  ['/dev/nvme1n1', '/dev/nvme1n1'],
])('%s is at %s', (device, place) => expect(placeOf(device)).toBe(place));

test('a volume is not where the source AMI has something, by whatever name', () => {
  const data = volume('data', { device: '/dev/sdb' });
  const image = base('base', { volumes: [data, volume('more', { device: '/dev/sdf' })] });
  const source = { imageId: amiId(1), name: 'golden', rootDeviceName: '/dev/sda1' };
  expect(deviceClashes(image, source, ['/dev/sda1', '/dev/xvdb', '/dev/sdc'])).toEqual([
    { image: 'base', volume: data, source, device: '/dev/xvdb' },
  ]);
  expect(deviceClashes(image, source, ['/dev/sda1'])).toEqual([]);
  expect(deviceClashes(base('bare'), source, ['/dev/sdf'])).toEqual([]);
});

test.each([
  [undefined, 'it is not there, or not for this account'],
  [{ sizeGiB: 8, state: 'pending' }, 'it is pending, not completed'],
  [{ sizeGiB: 11, state: 'completed' }, 'it has 11 GiB, and the volume 10'],
  [{ sizeGiB: 10, state: 'completed' }, undefined],
])('a snapshot that is %j', (facts, because) => {
  const startsFrom = 'snap-0123456789abcdef0';
  const data = volume('data', { startsFrom });
  const found = new Map(facts === undefined ? [] : [[startsFrom, facts] as const]);
  const flaws = unusableSnapshots(base('base', { volumes: [data, volume('other')] }), found);
  expect(flaws).toEqual(because === undefined ? [] : [{ image: 'base', volume: data, because }]);
});

test('each volume is an input of its own; whether the parent has it is not', () => {
  const inputs = (...volumes: readonly ReturnType<typeof volume>[]) =>
    inputsOf({
      image: base('base', { volumes }),
      architecture: 'x86_64',
      layers: [],
      templates: {},
      parent: { kind: 'source', imageId: amiId(1) },
    });
  const before = inputs(volume('data'), volume('gone'));
  expect(changedInputs(before, inputs(volume('data', { inherited: true }), volume('gone')))).toEqual([]);
  expect(changedInputs(before, inputs(volume('data', { iops: 4000 }), volume('new')))).toEqual([
    { input: 'volume/data', change: 'changed' },
    { input: 'volume/gone', change: 'removed' },
    { input: 'volume/new', change: 'added' },
  ]);
  for (const other of [{ device: '/dev/sdz' }, { content: 'empty' }, { deleteOnTermination: false }] as const)
    expect(changedInputs(before, inputs(volume('data', other), volume('gone')))).toHaveLength(1);
});
