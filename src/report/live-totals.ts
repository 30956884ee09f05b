import { formatDuration } from './duration.ts';
import { isSettled, type Row } from './live-rows.ts';
import { widthOf } from './text.ts';

export interface Totals {
  readonly total: number;
  readonly done: number;
  readonly running: number;
  readonly failed: number;
  readonly cancelled: number;
  /** When the run is over: that have no end of their own. */
  readonly open: number;
  /** Seconds; undefined while nothing tells. */
  readonly left: number | undefined;
}

/** Counts what is planned. `parallel`: how many were seen to run at once. */
export function totalsOf(rows: readonly Row[], parallel: number, now: number): Totals {
  const planned = rows.filter((row) => row.planned !== undefined);
  const count = (...states: readonly Row['state'][]) => planned.filter(({ state }) => states.includes(state)).length;
  const open = planned.filter((row) => isSettled(row) && row.settledAt === undefined).length;
  return {
    total: planned.length,
    done: count('done', 'reused'),
    running: count('running'),
    failed: count('failed'),
    cancelled: count('cancelled') - open,
    open,
    left: secondsLeft(planned, parallel, now),
  };
}

/**
 * As if each bake took as long as those that have ended on average: all that is left of them side by side, or the longest
 * chain of parents and children, whichever takes longer. Parents come before their children.
 */
function secondsLeft(rows: readonly Row[], parallel: number, now: number): number | undefined {
  const baked = rows.flatMap(({ state, seconds }) => (state === 'done' && seconds !== undefined ? [seconds] : []));
  if (baked.length === 0) return undefined;
  const usual = baked.reduce((sum, seconds) => sum + seconds, 0) / baked.length;
  const until = new Map<string, number>();
  let work = 0;
  for (const row of rows) {
    if (isSettled(row)) continue;
    const elapsed = row.startedAt === undefined ? 0 : (now - row.startedAt) / 1000;
    const own = row.planned?.bakes ? Math.max(0, usual - elapsed) : 0;
    work += own;
    until.set(row.name, own + (until.get(row.planned?.parent ?? '') ?? 0));
  }
  return Math.max(work / Math.max(1, parallel), 0, ...until.values());
}

const MOST_IMPORTANT = 6;

/** `12/100 done, 8 running, 1 failed, 3m 2s, about 12m 0s left`; in less room what matters least is left out. */
export function totalsLine(totals: Totals, elapsed: number, width: number): string {
  const { total, done, running, failed, cancelled, open, left } = totals;
  const parts: readonly (readonly [importance: number, text: string])[] = [
    [MOST_IMPORTANT, `${done}/${total} done`],
    [3, running === 0 ? '' : `${running} running`],
    [5, failed === 0 ? '' : `${failed} failed`],
    [2, cancelled === 0 ? '' : `${cancelled} cancelled`],
    [2, open === 0 ? '' : `${open} not finished`],
    [1, formatDuration(Math.floor(elapsed))],
    [4, left === undefined || left < 1 || running === 0 ? '' : `about ${formatDuration(Math.ceil(left))} left`],
  ];
  for (let least = 0; least < MOST_IMPORTANT; least++) {
    const kept = parts.filter(([importance, text]) => importance > least && text !== '').map(([, text]) => text);
    const line = kept.join(', ');
    if (widthOf(line) <= width) return line;
  }
  return `${done}/${total}`;
}
