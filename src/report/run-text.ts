import type { ImageReport, RunCost, RunReport } from '../model/run-report.ts';
import { tallyText } from './describe.ts';
import { formatUsd } from './usd.ts';

/** `2 done, 97 reused, 1 failed`; of a run that only showed its plan, what it would do. */
export function totalsText({ images, totals }: RunReport): string {
  const outcomes = images.flatMap(({ id, outcome }) => (outcome === null ? [] : [[id, outcome] as const]));
  const open = totals.open === 0 ? [] : [`${totals.open} not started`];
  const counts = [...(outcomes.length === 0 ? [] : [tallyText(Object.fromEntries(outcomes))]), ...open];
  return counts.length === 0 ? 'nothing planned' : counts.join(', ');
}

/** `builders about $0.42, snapshots at most $3.20 a month (prices of 2026-11-20; not all of them are verified)`. */
export function costText({ builderUsd, storageUsdPerMonth, verified, asOf, withoutPrice }: RunCost): string {
  const lacking = withoutPrice.length === 0 ? '' : ` without those of ${withoutPrice.join(', ')}, which have no price`;
  const cost = `builders about ${formatUsd(builderUsd)}${lacking}, snapshots at most ${formatUsd(storageUsdPerMonth)} a month`;
  if (asOf === null) return cost;
  return `${cost} (prices of ${asOf}${verified ? '' : '; not all of them are verified'})`;
}

const ORDER = ['failed', 'cancelled', 'done', 'open', 'reused'] as const;

/** What somebody has to look at comes first. */
export const worstFirst = (images: readonly ImageReport[]): readonly ImageReport[] =>
  images.toSorted((a, b) => rank(a) - rank(b));

const rank = ({ outcome }: ImageReport): number => ORDER.indexOf(outcome?.status ?? 'open');
