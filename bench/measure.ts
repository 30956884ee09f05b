/** Median seconds of so many runs, after one that warms up. */
export async function medianSeconds(runs: number, work: () => unknown): Promise<number> {
  await work();
  const seconds: number[] = [];
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    await work();
    seconds.push((performance.now() - started) / 1000);
  }
  return seconds.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

export interface Measured {
  readonly name: string;
  readonly seconds: number;
}

/** Ratios to the first one: the same on a slow machine as on a fast one, which seconds are not. */
export function printRatios(title: string, measured: readonly Measured[]): void {
  const base = measured[0]?.seconds ?? Number.NaN;
  const width = Math.max(...measured.map(({ name }) => name.length));
  const lines = measured.map(
    ({ name, seconds }) => `  ${name.padEnd(width)}  ${(seconds / base).toFixed(1).padStart(7)} ×`,
  );
  process.stdout.write(`${title} (1 × = ${(base * 1000).toFixed(1)} ms)\n${lines.join('\n')}\n`);
}
