/** The group `faults` of vitest.config.ts tries every case. */
export const isExhaustive = process.env.BAKE_TEST_EXHAUSTIVE === 'true';

/** Any number; the same one chooses the same cases again. */
export const seed = Number(process.env.BAKE_TEST_SEED ?? Date.now() % 1_000_000);

/** All cases in the group `faults`; elsewhere `count` of them, in their order, chosen by the seed, which is printed. */
export function sampled<T>(cases: readonly T[], count: number, what: string): readonly T[] {
  if (isExhaustive || cases.length <= count) return cases;
  tell(`${count} of ${cases.length} ${what}, chosen by seed ${seed}; BAKE_TEST_SEED=${seed} chooses them again`);
  const chosen = new Set(shuffled(cases.map((_, index) => index)).slice(0, count));
  return cases.filter((_, index) => chosen.has(index));
}

/** What a test has counted, and by which seed it chose: for people, beside the results. */
export const tell = (line: string): void => void process.stdout.write(`${line}\n`);

/** By the seed. */
export function shuffled<T>(items: readonly T[]): readonly T[] {
  const random = randomOf(seed);
  const left = [...items];
  for (let last = left.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [left[last], left[other]] = [left[other] as T, left[last] as T];
  }
  return left;
}

/** mulberry32: numbers from 0 to 1. */
function randomOf(start: number): () => number {
  let state = start | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
