import { describe, expect, test } from 'vitest';
import { BakeError } from '../../../src/model/errors.ts';
import type { ObservedImage } from '../../../src/model/promotion.ts';
import { createSlots } from '../../../src/run/promote/slots.ts';
import { createImageWatch } from '../../../src/run/promote/watch.ts';
import type { SiteImages } from '../../../src/run/promote-effects.ts';
import { ami, at, IRELAND, OWN, observed } from '../../helpers/promotion.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

const SITE = at(OWN, IRELAND);

/** `say` answers each poll. */
function watching(say: (poll: number, ids: readonly string[]) => readonly ObservedImage[], gone = false) {
  const clock = new VirtualClock();
  const asked: (readonly string[])[] = [];
  const states = async (ids: readonly string[]) => say(asked.push(ids), ids);
  const isGone = async () => gone;
  const watch = createImageWatch({ site: SITE, states, isGone } as unknown as SiteImages, clock, 5);
  return { clock, asked, watch };
}

const image = (number: number, state: ObservedImage['state']): ObservedImage =>
  observed({ imageId: ami(number), site: SITE, state });
const patient = () => ({ signal: new AbortController().signal, onProgress: () => {} });

test('twenty images are one call for each poll, and nobody asks when nobody waits', async () => {
  const numbers = Array.from({ length: 20 }, (_, n) => n + 1);
  const { watch, asked } = watching((poll) =>
    numbers.map((n) => image(n, poll >= 3 + (n % 2) ? 'available' : 'pending')),
  );
  const all = await Promise.all(numbers.map((n) => watch.available(ami(n), patient())));
  expect(all.map(({ imageId }) => imageId)).toEqual(numbers.map(ami));
  expect(asked.map((ids) => ids.length)).toEqual([20, 20, 20, 10]);
});

test.each(['failed', 'error', 'invalid', 'deregistered'] as const)('%s is final', async (state) => {
  const { watch } = watching((poll) => [image(1, poll === 1 ? 'pending' : state)]);
  await expect(watch.available(ami(1), patient())).rejects.toMatchObject({ code: 'copy-failed' });
});

test('an AMI that is not listed yet is waited for; one that never is, is gone', async () => {
  const { watch } = watching((poll) => (poll < 10 ? [] : [image(1, 'available')]));
  await expect(watch.available(ami(1), patient())).resolves.toMatchObject({ imageId: ami(1) });
  await expect(watching(() => []).watch.available(ami(1), patient())).rejects.toMatchObject({ code: 'copy-gone' });
});

test('what is not listed after some seconds is told once', async () => {
  const { watch } = watching((poll) => (poll < 10 ? [] : [image(1, 'available')]));
  let told = 0;
  await watch.available(ami(1), { ...patient(), onUnseen: () => told++ });
  expect(told).toBe(1);
});

test('one that EC2 says is gone is not waited for', async () => {
  const { watch, asked } = watching(() => [], true);
  await expect(watch.available(ami(1), patient())).rejects.toMatchObject({ code: 'copy-gone' });
  expect(asked).toHaveLength(1);
});

test('a poll that gets no answer is no verdict; a refusal is', async () => {
  const fails = (blame: 'cloud' | 'user') => (poll: number) => {
    if (poll < 3) throw new BakeError({ code: 'x', message: 'x', blame });
    return [image(1, 'available')];
  };
  await expect(watching(fails('cloud')).watch.available(ami(1), patient())).resolves.toMatchObject({ imageId: ami(1) });
  await expect(watching(fails('user')).watch.available(ami(1), patient())).rejects.toMatchObject({ code: 'x' });
});

test('an EC2 that does not answer for some seconds is told once, and again after it has answered', async () => {
  const { watch } = watching((poll) => {
    if (poll < 10 || (poll > 10 && poll < 20)) throw new BakeError({ code: 'x', message: 'busy', blame: 'cloud' });
    return [image(1, poll < 20 ? 'pending' : 'available')];
  });
  const told: string[] = [];
  await watch.available(ami(1), { ...patient(), onSilent: ({ message }) => told.push(message) });
  expect(told).toEqual(['busy', 'busy']);
});

test('who gives up leaves the others waiting, and progress is told in percent of all bytes', async () => {
  const [snapshot] = observed().snapshots as [ObservedImage['snapshots'][number]];
  const copying = {
    ...image(1, 'pending'),
    snapshots: [
      { ...snapshot, state: 'pending', progress: 40 },
      { ...snapshot, state: 'completed' },
    ],
  };
  const { watch, asked } = watching((poll) => [copying, image(2, poll < 4 ? 'pending' : 'available')]);
  const impatient = new AbortController();
  const seen: number[] = [];
  const first = watch.available(ami(1), {
    signal: impatient.signal,
    onProgress: (percent) => {
      seen.push(percent);
      impatient.abort(new Error('late'));
    },
  });
  const second = watch.available(ami(2), patient());
  await expect(first).rejects.toThrow('late');
  await expect(second).resolves.toMatchObject({ imageId: ami(2) });
  expect(seen).toEqual([70]);
  expect(asked.at(-1)).toEqual([ami(2)]);
});

describe('slots', () => {
  const { signal } = new AbortController();

  test('are given in order; more than there is counts as all', async () => {
    const slots = createSlots(3);
    const order: string[] = [];
    const take = async (name: string, count: number) => {
      const release = await slots.take(count, signal);
      order.push(name);
      return release;
    };
    const [first, second] = [await take('a', 2), take('b', 2)];
    const third = take('c', 1);
    const all = take('d', 9);
    first();
    (await second)();
    (await third)();
    (await all)();
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  test('what is under way already counts, and who gives up makes room', async () => {
    const slots = createSlots(1);
    const release = slots.occupy(2);
    const impatient = new AbortController();
    const gone = slots.take(1, impatient.signal);
    const next = slots.take(1, signal);
    impatient.abort(new Error('late'));
    await expect(gone).rejects.toThrow('late');
    release();
    release();
    await expect(next).resolves.toBeTypeOf('function');
  });
});
