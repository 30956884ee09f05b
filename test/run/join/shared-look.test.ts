import { expect, test } from 'vitest';
import { SharedLook } from '../../../src/run/join/shared-look.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

/** Looks that end when the test says so; each sees its number. */
function looks() {
  const open: ((fail?: Error) => void)[] = [];
  const clock = new FakeClock();
  const look = new SharedLook(() => {
    const number = open.length + 1;
    return new Promise<number>((resolve, reject) => {
      open.push((fail) => (fail === undefined ? resolve(number) : reject(fail)));
    });
  }, clock);
  return { open, clock, look };
}

test('who asks while a look is under way gets the next one, together with all others', async () => {
  const { open, look } = looks();
  const first = look.fresh();
  const later = [look.fresh(), look.fresh(), look.fresh()];
  expect(open).toHaveLength(1);
  open[0]?.();
  expect(await first).toBe(1);
  await Promise.resolve();
  expect(open).toHaveLength(2);
  open[1]?.();
  expect(await Promise.all(later)).toEqual([2, 2, 2]);
});

test('a recent look is good enough where it may be a little older', async () => {
  const { open, clock, look } = looks();
  const first = look.recent(5_000);
  open[0]?.();
  await first;
  expect(await look.recent(5_000)).toBe(1);
  await clock.pass(6);
  const again = look.recent(5_000);
  open[1]?.();
  expect(await again).toBe(2);
});

test('a look that fails is not kept, and the next one is made all the same', async () => {
  const { open, look } = looks();
  const [first, next] = [look.fresh(), look.fresh()];
  open[0]?.(new Error('throttled'));
  await expect(first).rejects.toThrow('throttled');
  await Promise.resolve();
  open[1]?.(new Error('again'));
  await expect(next).rejects.toThrow('again');
  const last = look.recent(5_000);
  open[2]?.();
  expect(await last).toBe(3);
});
