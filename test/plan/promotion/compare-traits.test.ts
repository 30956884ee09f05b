import { expect, test } from 'vitest';
import type { ObservedImage } from '../../../src/model/promotion.ts';
import { compareTraits } from '../../../src/plan/promotion/compare-traits.ts';
import { observed, sourceOf, TRAITS } from '../../helpers/promotion.ts';

const [SNAPSHOT] = observed().snapshots as [ObservedImage['snapshots'][number]];
const [DEVICE] = TRAITS.devices as [(typeof TRAITS)['devices'][number]];
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234';
const encrypted = { snapshots: [{ ...SNAPSHOT, encrypted: true, kmsKey: KEY }] };
const differences = (copy: Partial<ObservedImage>, kmsKey?: string, source: Partial<ObservedImage> = {}) =>
  compareTraits({ source: sourceOf(observed(source)), ...(kmsKey === undefined ? {} : { kmsKey }) }, observed(copy));

test('a copy that is as its source has no differences, also where the region encrypts it', () => {
  expect(differences({})).toEqual([]);
  expect(differences(encrypted)).toEqual([]);
});

const { imds: _, ...withoutImds } = TRAITS;
test.each<[string, Partial<ObservedImage>, object]>([
  ['IMDSv2 is lost', { traits: withoutImds }, { trait: 'imds', source: 'v2.0', copy: 'none' }],
  [
    'another boot mode',
    { traits: { ...TRAITS, bootMode: 'legacy-bios' } },
    { trait: 'bootMode', source: 'uefi-preferred', copy: 'legacy-bios' },
  ],
  [
    'a smaller volume',
    { traits: { ...TRAITS, devices: [{ ...DEVICE, sizeGiB: 7 }] } },
    { trait: '/dev/xvda sizeGiB', source: '8', copy: '7' },
  ],
  [
    'a volume is missing',
    { traits: { ...TRAITS, devices: [] } },
    { trait: '/dev/xvda', source: '8 GiB', copy: 'none' },
  ],
  ['disabled', { state: 'disabled' }, { trait: 'state', source: 'available', copy: 'disabled' }],
])('%s', (_, copy, expected) => {
  expect(differences(copy)).toEqual([expected]);
});

test('the key is compared as far as it can be told', () => {
  expect(differences(encrypted, KEY)).toEqual([]);
  expect(differences(encrypted, '1234')).toEqual([]);
  expect(differences(encrypted, 'alias/any')).toEqual([]);
  expect(differences(encrypted, '5678')).toEqual([{ trait: '/dev/xvda encryption', source: '5678', copy: KEY }]);
  expect(differences({}, 'alias/any')).toEqual([{ trait: '/dev/xvda encryption', source: 'alias/any', copy: 'none' }]);
  expect(differences({}, undefined, encrypted)).toEqual([
    { trait: '/dev/xvda encryption', source: 'encrypted', copy: 'none' },
  ]);
});
