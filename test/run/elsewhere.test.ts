import { describe, expect, test } from 'vitest';
import type { Stage } from '../../src/model/events.ts';
import { nextPlace, pauseBefore, placesOf, type Trouble, troubleOf, troubleOfEnd } from '../../src/run/elsewhere.ts';
import { base } from '../helpers/builders.ts';

const failureIn = (stage: Stage['name'] | undefined, other: object = {}) => ({
  stage: stage === undefined ? undefined : ({ name: stage } as Stage),
  step: undefined,
  exitCode: undefined,
  lastLines: [],
  unclean: [],
  leaked: [],
  unpinned: [],
  regional: [],
  unfinishedAfter: undefined,
  unlaid: undefined,
  ...other,
});
const failed = (...errors: string[]) => ({ status: 'failed', exitCode: 1, reason: '', errors }) as const;
/** As the SDKs of older and newer plugins put it. */
const older = (code: string) =>
  `Error launching source instance: ${code}: We are sorry.\n\tstatus code: 500, request id: 59dbff89`;
const newer = (code: string) =>
  `Error launching source instance: operation error EC2: RunInstances, https response error StatusCode: 500, RequestID: 59dbff89, api error ${code}: We are sorry.`;

describe('what EC2 has against a builder', () => {
  test.each<[code: string, Trouble['remedy']]>([
    ['InsufficientInstanceCapacity', 'place'],
    ['InsufficientHostCapacity', 'place'],
    ['SpotMaxPriceTooLow', 'place'],
    ['Unsupported', 'place'],
    ['MaxSpotInstanceCountExceeded', 'type'],
    ['VcpuLimitExceeded', 'type'],
    ['InsufficientFreeAddressesInSubnet', 'subnet'],
    ['RequestLimitExceeded', 'time'],
  ])('%s', (code, remedy) => {
    for (const said of [older(code), newer(code)]) {
      expect(troubleOf(failed(said), failureIn('launch'))).toEqual({ code, remedy });
    }
  });

  test.each([
    ['InsufficientInstanceCapacity', 'There is no Spot capacity available that matches your request.'],
    [
      'InsufficientInstanceCapacity',
      'We currently do not have sufficient t3.small capacity in zones with support for gp3.',
    ],
    [
      'SpotMaxPriceTooLow',
      'Your Spot request price of 0.01 is lower than the minimum required Spot request fulfillment price of 0.02.',
    ],
    ['MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded'],
    ['VcpuLimitExceeded', 'You have requested more vCPU capacity than your current vCPU limit of 32 allows'],
  ])('%s, as a fleet says it', (code, words) => {
    const said = `Error waiting for fleet request (fleet-1) to become ready:${words}`;
    expect(troubleOf(failed(said), failureIn('launch'))?.code).toBe(code);
  });

  test('throttling is one wherever Packer itself has failed', () => {
    const said = failed('Error stopping instance: RequestLimitExceeded: Request limit exceeded.');
    expect(troubleOf(said, failureIn('stop'))).toEqual({ code: 'RequestLimitExceeded', remedy: 'time' });
  });

  test.each([
    ['another error', failed(older('InvalidParameterValue')), failureIn('launch')],
    ['words of a code in another one', failed(older('UnsupportedOperation')), failureIn('launch')],
    ['no room for something that a layer does', failed(older('InsufficientInstanceCapacity')), failureIn('layer')],
    ['a failed script, whatever it says', failed(older('RequestLimitExceeded')), failureIn('launch', { step: {} })],
    ['a secret in the image', failed(older('RequestLimitExceeded')), failureIn('record', { unclean: [{}] })],
    ['a secret of the bake in the image', failed(older('RequestLimitExceeded')), failureIn('record', { leaked: [{}] })],
    ['an artefact that is not laid', failed(older('RequestLimitExceeded')), failureIn('prepare', { unlaid: {} })],
  ])('%s is none', (_, outcome, failure) => {
    expect(troubleOf(outcome, failure as Parameters<typeof troubleOf>[1])).toBeUndefined();
  });
});

test.each([
  ['Server.SpotInstanceTermination', 'SpotInstanceTermination'],
  ['Server.SpotInstanceShutdown', 'SpotInstanceShutdown'],
  ['Server.InsufficientInstanceCapacity', 'InsufficientInstanceCapacity'],
  ['Server.InternalError', undefined],
  ['Client.UserInitiatedShutdown', undefined],
  [undefined, undefined],
])('an end by %s is %s', (reason, code) => {
  expect(troubleOfEnd(reason)).toEqual(code && { code, remedy: 'place' });
});

describe('the next place', () => {
  const network = { subnets: ['a', 'b'], publicAddress: true, allowedCidrs: 'auto' } as const;
  const instanceTypes = { x86_64: ['small', 'large'], arm64: ['arm'] };
  const places = placesOf(base('base', { build: { network, instanceTypes } }), 'x86_64');
  const named = (name: string) => {
    const found = places.find(({ instanceType, subnet }) => `${instanceType} ${subnet}` === name);
    if (found === undefined) throw new Error(name);
    return found;
  };

  test('is another subnet before another type', () => {
    const names = places.map(({ instanceType, subnet }) => `${instanceType} ${subnet}`);
    expect(names).toEqual(['small a', 'small b', 'large a', 'large b']);
    expect(placesOf(base('base'), 'arm64')).toEqual([{ instanceType: 't4g.small' }]);
  });

  test.each<[last: string, code: string, Trouble['remedy'], next: string | undefined]>([
    ['small a', 'InsufficientInstanceCapacity', 'place', 'small b'],
    ['small b', 'InsufficientInstanceCapacity', 'place', 'large a'],
    ['large b', 'InsufficientInstanceCapacity', 'place', undefined],
    ['small a', 'VcpuLimitExceeded', 'type', 'large a'],
    ['large a', 'VcpuLimitExceeded', 'type', 'small a'],
    ['small a', 'InsufficientFreeAddressesInSubnet', 'subnet', 'small b'],
    ['large b', 'InsufficientFreeAddressesInSubnet', 'subnet', undefined],
    ['large b', 'SpotMaxPriceTooLow', 'place', undefined],
    ['large b', 'SpotInstanceTermination', 'place', 'small a'],
    ['large a', 'RequestLimitExceeded', 'time', 'large a'],
  ])('after %s and %s (%s) is %s', (last, code, remedy, next) => {
    expect(nextPlace(places, named(last), { code, remedy })).toEqual(next && named(next));
  });

  test('is tried at once, the same one ever later', () => {
    expect([2, 3, 4].map((attempt) => pauseBefore(attempt, true, 10))).toEqual([30, 60, 90]);
    expect(pauseBefore(4, false, 10)).toBe(0);
  });
});
