import { expect, test } from 'vitest';
import type { ResolvedSourceAmi } from '../../src/model/known-image.ts';
import { EMPTY_LOCK } from '../../src/model/source-lock.ts';
import { diffLocks, type PinKey, pinnedAmi, updateLock } from '../../src/plan/source-lock.ts';

const ami = (digit: string): ResolvedSourceAmi => ({
  imageId: `ami-${digit.repeat(17)}` as ResolvedSourceAmi['imageId'],
  name: digit,
  owner: 'self',
  creationDate: '2026-11-01T00:00:00.000Z',
  rootDeviceName: '/dev/xvda',
});
const key = (source: string, region = 'us-east-1', architecture: PinKey['architecture'] = 'x86_64'): PinKey => ({
  source,
  region,
  architecture,
});

test('pins stand side by side and replace those for the same', () => {
  const one = updateLock(EMPTY_LOCK, [
    { ...key('debian:12'), ami: ami('1') },
    { ...key('debian:12', 'us-east-1', 'arm64'), ami: ami('2') },
    { ...key('debian:12', 'eu-west-1'), ami: ami('3') },
  ]);
  const two = updateLock(one, [{ ...key('debian:12'), ami: ami('4') }]);
  expect(pinnedAmi(one, key('debian:12'))?.name).toBe('1');
  expect(pinnedAmi(two, key('debian:12'))?.name).toBe('4');
  expect(pinnedAmi(two, key('debian:12', 'us-east-1', 'arm64'))?.name).toBe('2');
  expect(pinnedAmi(two, key('debian:12', 'eu-west-1'))?.name).toBe('3');
  expect(pinnedAmi(two, key('constructor'))).toBeUndefined();
  expect(EMPTY_LOCK.sourceAmis).toEqual({});
});

test('a difference tells what is new, gone and other', () => {
  const before = updateLock(EMPTY_LOCK, [
    { ...key('al2023'), ami: ami('1') },
    { ...key('debian:12'), ami: ami('2') },
    { ...key('rhel:9'), ami: ami('3') },
  ]);
  const after = updateLock(EMPTY_LOCK, [
    { ...key('debian:12'), ami: ami('4') },
    { ...key('rhel:9'), ami: ami('3') },
    { ...key('debian:12', 'eu-west-1'), ami: ami('5') },
  ]);
  expect(diffLocks(before, after)).toEqual([
    { ...key('al2023'), from: ami('1') },
    { ...key('debian:12', 'eu-west-1'), to: ami('5') },
    { ...key('debian:12'), from: ami('2'), to: ami('4') },
  ]);
  expect(diffLocks(after, after)).toEqual([]);
});
