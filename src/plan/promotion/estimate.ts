import { targetId } from '../../model/channel.ts';
import type { Region } from '../../model/ids.ts';
import type { Estimate, PlanEstimate, Prices } from '../../model/prices.ts';
import type { PromotionPlan, WantedId } from '../../model/promotion.ts';
import { snapshotPrice, transferPrice } from './prices.ts';

/** What EC2 was seen to copy between regions in a second, roughly; it promises nothing. */
const BYTES_PER_SECOND = 50 * 2 ** 20;
const GB = 2 ** 30;

export interface Copying {
  readonly bytes: number;
  readonly from: Region;
  readonly to: Region;
}

export function estimateCopy({ bytes, from, to }: Copying, own?: Prices): Estimate {
  const storage = snapshotPrice(to, own);
  const transfer = transferPrice(from, to, own);
  const prices = transfer === undefined ? [storage] : [storage, transfer];
  return {
    transferUsd: (bytes / GB) * (transfer?.usd ?? 0),
    storageUsdPerMonth: (bytes / GB) * storage.usd,
    verified: prices.every(({ verified }) => verified),
    asOf: oldest(prices),
    minutes: Math.max(1, Math.ceil(bytes / BYTES_PER_SECOND / 60)),
  };
}

export interface EstimateOptions {
  /** Of the configuration. */
  readonly prices?: Prices | undefined;
  /** At a time to one account and region. */
  readonly snapshotCopies: number;
}

interface SiteCopy extends Copying {
  readonly id: WantedId;
  readonly place: string;
  readonly snapshots: number;
}

/** What the copies of a plan take, each and together; undefined together: it has none. */
export function estimatePlan(plan: PromotionPlan, options: EstimateOptions) {
  const copies = copiesOf(plan);
  const each = new Map(copies.map((copy) => [copy.id, estimateCopy(copy, options.prices)]));
  return { each, together: copies.length === 0 ? undefined : together(copies, each, options.snapshotCopies) };
}

function copiesOf({ sites }: PromotionPlan): readonly SiteCopy[] {
  return sites.flatMap(({ id, site, steps }) =>
    steps.flatMap((step) => {
      if (step.do !== 'copy') return [];
      const { bytes, snapshots, request } = step;
      return [{ id, place: targetId(site), bytes, snapshots, from: request.sourceRegion, to: site.region }];
    }),
  );
}

function together(
  copies: readonly SiteCopy[],
  each: ReadonlyMap<WantedId, Estimate>,
  snapshotCopies: number,
): PlanEstimate {
  const estimates = [...each.values()];
  const places = [...new Set(copies.map(({ place }) => place))];
  const minutes = places.map((place) => {
    const here = copies.filter((copy) => copy.place === place);
    const rounds = Math.ceil(sum(here.map(({ snapshots }) => snapshots)) / snapshotCopies);
    return rounds * Math.max(...here.map(({ id }) => each.get(id)?.minutes ?? 0));
  });
  return {
    copies: copies.length,
    bytes: sum(copies.map(({ bytes }) => bytes)),
    transferUsd: sum(estimates.map(({ transferUsd }) => transferUsd)),
    storageUsdPerMonth: sum(estimates.map(({ storageUsdPerMonth }) => storageUsdPerMonth)),
    verified: estimates.every(({ verified }) => verified),
    asOf: oldest(estimates),
    minutes: Math.max(...minutes),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const oldest = (dated: readonly { readonly asOf: string }[]): string => dated.map(({ asOf }) => asOf).sort()[0] ?? '';
