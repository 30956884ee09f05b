import { table } from '../src/report/table.ts';

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Median seconds of so many runs, after one that warms up. */
export async function medianSeconds(runs: number, work: () => unknown): Promise<number> {
  const { work: seconds } = await inTurns(runs, { work });
  return median(seconds);
}

/**
 * Seconds of each piece of work, one after the other in every round, after a round that warms up: what else the machine
 * does then slows all of them alike.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, (round: number) => unknown>>,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(works) as Name[];
  const seconds = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const started = performance.now();
      await works[name](round);
      if (round > 0) seconds[name].push((performance.now() - started) / 1000);
    }
  }
  return seconds;
}

/** Of what was measured in the same round: the same on a slow machine as on a fast one, which seconds are not. */
export const medianRatio = (of: readonly number[], to: readonly number[]): number =>
  median(of.map((seconds, round) => seconds / (to[round] ?? Number.NaN)));

export const medianDifference = (of: readonly number[], to: readonly number[]): number =>
  median(of.map((seconds, round) => seconds - (to[round] ?? Number.NaN)));

export interface Row {
  readonly measure: string;
  readonly result: number;
  /** Absent: only to be seen. */
  readonly limit?: number;
  readonly unit: '×' | 's' | 'MiB';
}

export const isOver = ({ result, limit }: Row): boolean => limit !== undefined && !(result <= limit);

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { measure, limit, result, unit } = row;
    const said = `${result.toFixed(unit === 'MiB' ? 0 : 2)} ${unit}`;
    return limit === undefined
      ? [measure, '', said, '']
      : [measure, `${limit} ${unit}`, said, isOver(row) ? 'over' : 'ok'];
  });
  return table(lines, { head: ['measure', 'limit', 'result', ''], alignRight: [1, 2] });
}
