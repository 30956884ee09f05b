import { expect, test } from 'vitest';
import { grantsIn } from '../../../src/model/status-tags.ts';
import type { FakeWorld } from '../../helpers/fake-world.ts';
import { dump, promotionOf, run, worldWithFirst } from '../../helpers/promoting.ts';

const untagged = (world: FakeWorld) =>
  world.images.flatMap(({ image }) => [image, ...image.snapshots]).filter(({ tags }) => Object.keys(tags).length === 0);

const grants = (world: FakeWorld) => world.images.flatMap(({ image }) => grantsIn(image.tags));

/** The calls that change something, in a promotion that nothing disturbs. */
async function undisturbed(lag: number) {
  const world = await worldWithFirst();
  world.lag = lag;
  const { promoted, process } = await run(world, promotionOf(2));
  expect(promoted.error).toBeUndefined();
  return { expected: dump(world), mutations: process.calls.filter(({ mutation }) => mutation > 0) };
}

/** With `lag`, EC2 shows nothing of what was done for so many seconds: then only tokens and additive calls keep a run from doing it again. */
test.each([
  ['at once', 0],
  ['late', 8],
])(
  'killed before and after every call that changes something, which shows %s, the next run ends as if nothing had been',
  async (_, lag) => {
    const { expected, mutations } = await undisturbed(lag);
    expect(mutations.length).toBeGreaterThan(40);
    for (const { mutation, where, operation } of mutations) {
      for (const when of ['before', 'after'] as const) {
        const at = `killed ${when} call ${mutation}: ${operation} in ${where}`;
        const world = await worldWithFirst();
        world.lag = lag;
        const first = await interrupted(world, mutation, when);
        expect(first, at).toBe(true);
        expect(untagged(world), at).toEqual([]);
        const { promoted } = await run(world, promotionOf(2));
        expect(promoted.error, at).toBeUndefined();
        expect(dump(world), at).toEqual(expected);
        expect(world.violations, at).toEqual([]);
        expect(grants(world), at).toEqual([]);
      }
    }
  },
  300_000,
);

async function interrupted(world: FakeWorld, mutation: number, when: 'before' | 'after'): Promise<boolean> {
  let killed = false;
  await run(world, promotionOf(2), (call, phase, process) => {
    if (call.mutation !== mutation || phase !== when) return;
    killed = true;
    process.kill();
  });
  return killed;
}
