import type { ErrorSummary } from '../../model/errors.ts';
import { groupBy } from '../../model/group.ts';
import { type ImageName, startOf } from '../../model/ids.ts';
import { parseOwner, type RunOwner } from '../../model/run-owner.ts';
import { LEFTOVER_KINDS, type Leftover, type Spared, type SparedBecause, type SweepPlan } from '../../model/sweep.ts';
import { TAG } from '../../model/tags.ts';
import type { Belonging } from './ours.ts';

export interface Sweeping {
  /** Seconds that a run has made nothing for. */
  readonly olderThan: number;
  readonly now: Date;
  /** Is it known that the process is no more, whatever its run has said of itself? */
  isGone(owner: RunOwner): boolean;
  /** Images of which a promotion is under way, or may be: that could not be found out. */
  readonly leased: ReadonlyMap<ImageName, { readonly error?: ErrorSummary }>;
}

/** Milliseconds by which the clock of a run's machine may be behind. */
const CLOCKS = 60_000;

/** Parts what dead runs have left from what may be in use. A run lives as a whole, at every site. */
export function planSweep(all: readonly Belonging[], sweeping: Sweeping): Pick<SweepPlan, 'leftovers' | 'spared'> {
  const leftovers: Leftover[] = [];
  const spared: Spared[] = [];
  for (const group of groupBy(all, ({ owner }) => owner)) {
    const because = sparedBecause(group, sweeping);
    for (const { leftover } of group) {
      if (because === undefined) leftovers.push(leftover);
      else spared.push({ ...leftover, because });
    }
  }
  return { leftovers: leftovers.sort(inOrder), spared: spared.sort(inOrder) };
}

function sparedBecause(
  group: readonly Belonging[],
  { olderThan, now, leased, isGone }: Sweeping,
): SparedBecause | undefined {
  const alive = group.flatMap(({ tags }) => {
    const owner = parseOwner(tags[TAG.owner] ?? '');
    return owner !== undefined && isGone(owner) ? [] : (tags[TAG.alive] ?? []);
  });
  const until = newest(alive);
  // What says so in words that are not understood counts as well.
  if (alive.length > 0 && !(until + CLOCKS <= now.getTime())) return { why: 'alive', until: timeText(until) };
  const lease = group.flatMap(({ leftover: { why, image } }) => {
    return why === 'failed-copy' && image !== undefined ? (leased.get(image) ?? []) : [];
  })[0];
  if (lease !== undefined) return { why: 'leased', ...lease };
  const since = newest(group.flatMap(({ leftover }) => timesOf(leftover)));
  return since + olderThan * 1000 <= now.getTime() ? undefined : { why: 'young', since: timeText(since) };
}

/** A security group has no time of its own. */
const timesOf = ({ run, createdAt }: Leftover): readonly string[] => [
  ...(run === undefined ? [] : [startOf(run)]),
  ...(createdAt === undefined ? [] : [createdAt]),
];

/** NaN where one is not understood, or where there is none: nothing is older than that. */
const newest = (times: readonly string[]): number =>
  times.length === 0 ? Number.NaN : Math.max(...times.map((time) => Date.parse(time)));

const timeText = (time: number): string | null => (Number.isNaN(time) ? null : new Date(time).toISOString());

function inOrder(a: Leftover, b: Leftover): number {
  return (
    a.site.localeCompare(b.site) ||
    LEFTOVER_KINDS.indexOf(a.kind) - LEFTOVER_KINDS.indexOf(b.kind) ||
    (a.createdAt ?? '').localeCompare(b.createdAt ?? '') ||
    a.id.localeCompare(b.id)
  );
}
