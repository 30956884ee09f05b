import { expect, it } from 'vitest';
import {
  accelerationCheck,
  clockCheck,
  diskCheck,
  networkCheck,
  quotaCheck,
  regionCheck,
} from '../../src/plan/health.ts';

const GIB = 1024 ** 3;
const url = 'https://ec2.us-east-1.amazonaws.com';
const folder = (path: string, freeGiB: number | undefined, writable = true) => ({
  path,
  writable,
  freeBytes: freeGiB === undefined ? undefined : freeGiB * GIB,
});

it.each([
  [[folder('/a', 40), folder('/b', 8.25)], 'ok', '8.3 GiB free at /b'],
  [[folder('/a', 2), folder('/b', 8)], 'warning', '2.0 GiB free at /a'],
  [[folder('/a', 40), folder('/b', 0.1)], 'failed', '0.1 GiB free at /b'],
  [[folder('/a', 40, false), folder('/b', 8)], 'failed', '/a cannot be written'],
  [[folder('/a', undefined)], 'skipped', 'the free space cannot be told'],
])('judges the disk by its tightest folder: %j', (folders, status, detail) => {
  expect(diskCheck(folders)).toMatchObject({ status, detail });
});

const clock = (aheadSeconds: number) =>
  clockCheck({ url, answered: 403, theirs: 1_800_000_000_000, ours: 1_800_000_000_000 + aheadSeconds * 1000 });

it.each([
  [1, 'ok', 'right'],
  [-40, 'ok', `40 s behind ${url}`],
  [90, 'warning', `90 s ahead of ${url}`],
  [-400, 'failed', `400 s behind ${url}`],
])('judges a clock that is %i s ahead', (seconds, status, detail) => {
  expect(clock(seconds)).toMatchObject({ status, detail });
});

it('does not judge a clock without another', () => {
  expect(clockCheck({ url, answered: 200, theirs: undefined, ours: 0 })).toMatchObject({ status: 'skipped' });
});

it.each([
  [{ limit: 64, used: 8 }, 'ok', '8 of 64 vCPUs are in use'],
  [{ limit: 16, used: 8 }, 'warning', '8 of 16 vCPUs are in use, and builders may take 16 at once'],
  [{ limit: 5, used: 4 }, 'failed', '4 of 5 vCPUs are in use, and a builder takes 2'],
])('judges the quota %j', (quota, status, detail) => {
  expect(quotaCheck(quota, { one: 2, all: 16 })).toMatchObject({ status, detail });
});

it('says which limit keeps within the quota', () => {
  expect(quotaCheck({ limit: 16, used: 8 }, { one: 2, all: 16 }).hint).toContain('vcpus: 8');
});

it.each([
  ['opt-in-not-required', 'ok'],
  ['opted-in', 'ok'],
  ['not-opted-in', 'failed'],
  [undefined, 'failed'],
])('judges a region that is %s', (state, status) => {
  expect(regionCheck('ap-east-1', state)).toMatchObject({ status });
});

it('warns of machines that are emulated, and says how to open the device where that is all', () => {
  expect(accelerationCheck(undefined)).toMatchObject({ status: 'ok' });
  expect(accelerationCheck('/dev/kvm cannot be opened by this user').hint).toContain('usermod');
  expect(accelerationCheck('the processor offers no virtualisation')).toMatchObject({ status: 'warning' });
});

it('tells why an endpoint is not reached', () => {
  expect(networkCheck({ url, trouble: 'connect ECONNREFUSED' })).toMatchObject({
    status: 'failed',
    detail: `${url} does not answer: connect ECONNREFUSED`,
    hint: expect.any(String),
  });
});
