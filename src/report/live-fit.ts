import { isSettled, type Row } from './live-rows.ts';

/**
 * The rows that a terminal of so many lines has room for: those that run (two lines each), then the settled, the
 * latest first, then those that wait, the next first. A frame higher than the terminal would leave copies of itself behind.
 */
export function rowsThatFit(rows: readonly Row[], lines: number): ReadonlySet<Row> {
  const running = rows.filter((row) => row.state === 'running');
  const settled = rows.filter(isSettled).reverse();
  const waiting = rows.filter((row) => row.state === 'waiting');
  const fitting = new Set<Row>();
  let room = lines;
  for (const row of [...running, ...settled, ...waiting]) {
    room -= row.state === 'running' ? 2 : 1;
    if (room < 0) break;
    fitting.add(row);
  }
  return fitting;
}
