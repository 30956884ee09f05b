import { expect, test } from 'vitest';
import type { Region } from '../../src/model/ids.ts';
import type { Prices } from '../../src/model/prices.ts';
import { runFacts } from '../../src/plan/bake-cost.ts';
import { instancePrice } from '../../src/plan/instance-prices.ts';
import { base, config, imageName, service, volume } from '../helpers/builders.ts';

const US = 'us-east-1' as Region;
const BASE = base('base');
const CONFIG = config([
  BASE,
  service('api', 'base', { rootVolume: { type: 'gp3', sizeGiB: 20 } }),
  service('app', 'api'),
]);
const facts = (prices?: Prices) => runFacts({ ...CONFIG, ...(prices === undefined ? {} : { prices }) });
const costOf = (name: string, builderSeconds: number, made: boolean, instanceType?: string) =>
  facts().costOf(imageName(name), 'x86_64', { builderSeconds, made, instanceType });

test.each([
  ['t3.small', 0.0208],
  ['t3.nano', 0.0052],
  ['m7g.xlarge', 0.1632],
  ['c5.4xlarge', 0.68],
])('%s costs %d dollars an hour, as far as we know', (type, usd) => {
  expect(instancePrice(US, type)).toEqual({ usd: expect.closeTo(usd, 6), verified: false, asOf: '2026-11-20' });
});

test.each(['x9.large', 'm5.metal', 'm5', ''])('of %j nobody knows', (type) => {
  expect(instancePrice(US, type)).toBeUndefined();
});

test('prices of the configuration go before ours, those of the region before those of all', () => {
  const price = (usd: number) => ({ usd, verified: true, asOf: '2026-12-01' });
  const instancePerHour = { 't3.small': price(1), 'us-east-1/t3.small': price(2) };
  const own: Prices = { snapshotPerGbMonth: {}, transferPerGb: {}, instancePerHour };
  expect(instancePrice(US, 't3.small', own)?.usd).toBe(2);
  expect(instancePrice('eu-west-1' as Region, 't3.small', own)?.usd).toBe(1);
  expect(instancePrice(US, 't3.micro', own)?.verified).toBe(false);
});

test('levels count ancestors', () => {
  expect(['base', 'api', 'app'].map((name) => facts().levelOf(imageName(name)))).toEqual([0, 1, 2]);
});

test('a bake costs its builder, a minute at least, and its volume every month', () => {
  const cost = costOf('api', 1800, true);
  expect(cost).toMatchObject({ snapshotGib: 20, sizeAssumed: false, verified: false, asOf: '2026-11-20' });
  expect(cost.builderUsd).toBeCloseTo((instancePrice(CONFIG.region, cost.instanceType)?.usd ?? 0) / 2, 9);
  expect(cost.storageUsdPerMonth).toBeCloseTo(20 * 0.054, 6);
  const short = costOf('api', 3, true);
  expect(short.builderUsd).toBe(costOf('api', 60, true).builderUsd);
  expect(short.builderSeconds).toBe(3);
});

test('a size that nobody has written is assumed, and what was not made is not kept', () => {
  expect(costOf('base', 60, true)).toMatchObject({ snapshotGib: 8, sizeAssumed: true });
  const failed = costOf('base', 60, false);
  expect(failed).toMatchObject({ snapshotGib: null, sizeAssumed: false, storageUsdPerMonth: 0 });
});

test('a builder that was launched as another type costs what that costs', () => {
  const cost = costOf('api', 3600, true, 'c5.4xlarge');
  expect(cost).toMatchObject({ instanceType: 'c5.4xlarge', builderUsd: expect.closeTo(0.68, 6) });
});

test('volumes that layers write to are stored with the root, empty ones are not', () => {
  const volumes = [volume('data', { sizeGiB: 100 }), volume('free', { sizeGiB: 1000, content: 'empty' })];
  const { costOf } = runFacts(config([base('base', { rootVolume: { type: 'gp3', sizeGiB: 10 }, volumes })]));
  const cost = costOf(imageName('base'), 'x86_64', { builderSeconds: 60, made: true, instanceType: undefined });
  expect(cost.snapshotGib).toBe(110);
  expect(cost.storageUsdPerMonth).toBeCloseTo(110 * 0.054, 6);
});
