import { expect, test } from 'vitest';
import { pointedAt, promotionOf, run, worldWithFirst } from '../../helpers/promoting.ts';

test('an undisturbed promotion brings everything and moves everything', async () => {
  const world = await worldWithFirst();
  const { promoted } = await run(world, promotionOf(2));
  expect(promoted.error).toBeUndefined();
  expect(pointedAt(world)).toEqual(['2.0.0']);
  expect(world.violations).toEqual([]);
});
