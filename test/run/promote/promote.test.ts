import { expect, test } from 'vitest';
import { pointedAt, promotionOf, run, worldWithFirst } from '../../helpers/promoting.ts';

test('an undisturbed promotion brings everything and moves everything', async () => {
  const world = await worldWithFirst();
  const { promoted } = await run(world, promotionOf(2));
  expect(promoted.error).toBeUndefined();
  expect(pointedAt(world)).toEqual(['2.0.0']);
  expect(world.violations).toEqual([]);
});

test('a version that is too old to be deprecated is promoted with a warning', async () => {
  const world = await worldWithFirst();
  await world.clock.sleep(200 * 24 * 3600 * 1000, new AbortController().signal);
  const { promoted, process } = await run(world, promotionOf(2));
  expect(promoted.error).toBeUndefined();
  expect(process.events).toContainEqual(
    expect.objectContaining({ type: 'warning', warning: expect.objectContaining({ code: 'deprecation-past' }) }),
  );
});
