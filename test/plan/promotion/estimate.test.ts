import { describe, expect, test } from 'vitest';
import { parseRegion, type Region } from '../../../src/model/ids.ts';
import type { Price, Prices } from '../../../src/model/prices.ts';
import { estimateCopy, estimatePlan } from '../../../src/plan/promotion/estimate.ts';
import { DEFAULT_PRICES, snapshotPrice, transferPrice } from '../../../src/plan/promotion/prices.ts';
import { copy, EU, GIB, OURS, promotionPlan, sitePlan, THEIRS, US } from '../../helpers/promotion-plans.ts';

const SYDNEY = 'ap-southeast-2' as Region;
const NEW = 'xx-new-9' as Region;
const own = (prices: Partial<Prices>): Prices => ({
  snapshotPerGbMonth: {},
  transferPerGb: {},
  instancePerHour: {},
  ...prices,
});
const price = (usd: number) => ({ usd, verified: true, asOf: '2026-12-01' });

describe('prices', () => {
  test('are those of the pair, then of the region, then of all', () => {
    expect(transferPrice(US, 'us-east-2' as Region)?.usd).toBe(0.01);
    expect(transferPrice(US, EU)?.usd).toBe(0.02);
    expect(transferPrice(SYDNEY, US)).toMatchObject({ usd: 0.098, verified: false });
    expect(transferPrice(NEW, US)).toMatchObject({ usd: 0.02, verified: false });
    expect(snapshotPrice(NEW)).toMatchObject({ usd: 0.05, verified: false });
  });

  test('within a region there is none for transfer', () => expect(transferPrice(US, US)).toBeUndefined());

  test('of the configuration go before ours, also where they are of all regions', () => {
    const prices = own({
      snapshotPerGbMonth: { '*': price(1), [EU]: price(2) },
      transferPerGb: { [`${US} > ${EU}`]: price(3) },
    });
    expect(snapshotPrice(US, prices).usd).toBe(1);
    expect(snapshotPrice(EU, prices).usd).toBe(2);
    expect(transferPrice(US, EU, prices)?.usd).toBe(3);
    expect(transferPrice(US, SYDNEY, prices)?.usd).toBe(0.02);
  });

  test('ours name regions, and days', () => {
    const prices = [DEFAULT_PRICES.snapshotPerGbMonth, DEFAULT_PRICES.transferPerGb].flatMap((table) =>
      Object.entries<Price>(table),
    );
    expect(prices.filter(([, { asOf }]) => Number.isNaN(Date.parse(asOf)))).toEqual([]);
    const regions = prices.flatMap(([key]) => key.split(' > '));
    expect(regions.filter((key) => key !== '*' && parseRegion(key) === undefined)).toEqual([]);
  });
});

describe('a copy', () => {
  test('costs its transfer once and its storage every month', () => {
    const estimate = estimateCopy({ bytes: 8 * GIB, from: US, to: EU });
    expect(estimate).toEqual({
      transferUsd: expect.closeTo(0.16),
      storageUsdPerMonth: expect.closeTo(0.4),
      verified: true,
      asOf: '2026-11-20',
      minutes: 3,
    });
  });

  test('is as little known as the least known of its prices, and as old as the oldest', () => {
    expect(estimateCopy({ bytes: GIB, from: US, to: SYDNEY })).toMatchObject({ verified: false });
    const prices = own({ snapshotPerGbMonth: { [SYDNEY]: { ...price(1), asOf: '2025-01-01' } } });
    expect(estimateCopy({ bytes: GIB, from: US, to: SYDNEY }, prices)).toMatchObject({
      verified: true,
      asOf: '2025-01-01',
      storageUsdPerMonth: 1,
    });
  });

  test('within a region costs storage only, and takes a minute at least', () => {
    expect(estimateCopy({ bytes: 0, from: US, to: US })).toMatchObject({
      transferUsd: 0,
      storageUsdPerMonth: 0,
      minutes: 1,
    });
  });
});

describe('a plan', () => {
  const [ours, theirs] = [
    { account: OURS, region: EU },
    { account: THEIRS, region: SYDNEY },
  ];
  const plan = promotionPlan([
    sitePlan(ours, 'api/x86_64', [copy(8 * GIB)]),
    sitePlan(ours, 'api/arm64', [copy(4 * GIB, { snapshots: 2 })]),
    sitePlan(theirs, 'api/x86_64', [copy(GIB)]),
    sitePlan({ account: OURS, region: US }, 'api/x86_64', [{ do: 'tag', resources: ['ami-1'], tags: { a: 'b' } }], 1),
  ]);

  test('has the sum of its copies, side by side', () => {
    const { each, together } = estimatePlan(plan, { snapshotCopies: 20 });
    expect([...each.keys()]).toEqual(plan.sites.slice(0, 3).map(({ id }) => id));
    expect(together).toEqual({
      copies: 3,
      bytes: 13 * GIB,
      transferUsd: expect.closeTo(0.26),
      storageUsdPerMonth: expect.closeTo(0.655),
      verified: false,
      asOf: '2026-11-20',
      minutes: 3,
    });
  });

  test('takes longer where snapshots wait for one another', () => {
    expect(estimatePlan(plan, { snapshotCopies: 2 }).together?.minutes).toBe(6);
    expect(estimatePlan(plan, { snapshotCopies: 1 }).together?.minutes).toBe(9);
  });

  test('without copies costs nothing', () => {
    expect(estimatePlan(promotionPlan(plan.sites.slice(3)), { snapshotCopies: 20 })).toEqual({
      each: new Map(),
      together: undefined,
    });
  });
});
