import { isSettled, type Row } from './live-rows.ts';

/** Images of a plan that have a row each, whatever they do; of more, totals say most. */
const MOST_ROWS = 12;
/** That have ended well and are still shown beside the totals. */
const RECENT = 3;

export interface Fit {
  /** In the order in which they were added. */
  readonly rows: readonly Row[];
  /** Whether there is room for what the running ones said last. */
  readonly withOutput: boolean;
}

/** Whether a line of totals stands for most of the rows, as a terminal of so many lines could not show them or nobody read them. */
export function isCollapsed(rows: readonly Row[], lines: number): boolean {
  return rows.filter(({ planned }) => planned !== undefined).length > Math.min(MOST_ROWS, lines - 2);
}

/**
 * The rows that there is room for: those that run, then the settled, the latest first, then those that wait, the next
 * first; beside totals only what runs, what failed and a few that have just ended. A frame higher than the terminal
 * would leave copies of itself behind.
 */
export function rowsThatFit(rows: readonly Row[], lines: number, collapsed: boolean): Fit {
  const running = rows.filter(({ state }) => state === 'running');
  const withOutput = 2 * running.length <= lines;
  const others = collapsed ? notable(rows) : ordinary(rows);
  const left = Math.max(0, lines - running.length * (withOutput ? 2 : 1));
  const fitting = new Set([...running.slice(0, lines), ...others.slice(0, left)]);
  return { rows: rows.filter((row) => fitting.has(row)), withOutput };
}

/** What stays on the screen when all is over. */
export function rowsAtLast(rows: readonly Row[], collapsed: boolean): Fit {
  return { rows: collapsed ? rows.filter(isNotable) : rows, withOutput: false };
}

const ordinary = (rows: readonly Row[]): readonly Row[] => [
  ...latestFirst(rows.filter(isSettled)),
  ...rows.filter(({ state }) => state === 'waiting'),
];

const notable = (rows: readonly Row[]): readonly Row[] => [
  ...latestFirst(rows.filter(isNotable)),
  ...latestFirst(rows.filter((row) => isWell(row) && !isNotable(row))).slice(0, RECENT),
];

/** Steps of set-up stay too: they are few. */
const isNotable = (row: Row): boolean => row.state === 'failed' || (row.planned === undefined && isSettled(row));
const isWell = ({ state }: Row): boolean => state === 'done' || state === 'reused';

const latestFirst = (rows: readonly Row[]): readonly Row[] =>
  rows.toReversed().sort((a, b) => (b.settledAt ?? 0) - (a.settledAt ?? 0));
