import { expect, test } from 'vitest';
import type { BakeEvent } from '../../src/model/events.ts';
import type { RetireStep, VersionId } from '../../src/model/prune.ts';
import { carryOut, type Work } from '../../src/run/prune/carry-out.ts';
import type { PruneSite } from '../../src/run/prune-effects.ts';
import { ami, at, HOME, OWN } from '../helpers/promotion.ts';

const site = at(OWN, HOME);
const id = (number: number): VersionId => `api/x86_64@${number}.0.0`;
const work = (number: number, ...after: readonly number[]): Work => ({
  id: id(number),
  after: after.map(id),
  steps: [
    { site, imageId: ami(number), do: 'disable' },
    { site, imageId: ami(number), do: 'enable' },
  ],
  outcome: { status: 'deregistered' },
});

async function carriedOut(
  works: readonly Work[],
  take: (step: RetireStep) => Promise<void>,
  signal = new AbortController().signal,
) {
  const events: BakeEvent[] = [];
  const taken: string[] = [];
  const there = {
    site,
    take: async (step: RetireStep) => {
      await take(step);
      taken.push(`${step.do} ${step.imageId}`);
    },
  } as unknown as PruneSite;
  const outcomes = await carryOut(works, { at: () => there }, { emit: (event) => events.push(event), signal });
  return { taken, events, outcomes: Object.fromEntries([...outcomes].map(([key, one]) => [key, one.status])) };
}

test('what comes after another waits for it, in whatever order they are given', async () => {
  const works = [work(1, 2), work(2, 3), work(3), ...[4, 5, 6, 7, 8].map((number) => work(number))];
  const { taken, outcomes } = await carriedOut(works, async () => {});
  const place = (number: number) => taken.indexOf(`disable ${ami(number)}`);
  expect([place(3) < place(2), place(2) < place(1)]).toEqual([true, true]);
  expect(Object.values(outcomes)).toEqual(works.map(() => 'deregistered'));
});

test('a failure leaves the others to finish, but for what comes after it', async () => {
  const works = [work(3), work(2, 3), work(1, 2), work(4)];
  const { taken, outcomes, events } = await carriedOut(works, async ({ imageId }) => {
    if (imageId === ami(3)) throw new Error('refused');
  });
  expect(outcomes).toEqual({ [id(3)]: 'failed', [id(2)]: 'cancelled', [id(1)]: 'cancelled', [id(4)]: 'deregistered' });
  expect(taken).toEqual([`disable ${ami(4)}`, `enable ${ami(4)}`]);
  expect(events.filter(({ type }) => type === 'retire-finished')).toHaveLength(4);
});

test('nor is anything done that comes after what nobody does', async () => {
  const { taken, outcomes } = await carriedOut([work(1, 9)], async () => {});
  expect([taken, outcomes]).toEqual([[], { [id(1)]: 'cancelled' }]);
});

test('nothing is begun after an interruption', async () => {
  const abort = new AbortController();
  const { taken, outcomes } = await carriedOut([work(1), work(2, 1)], async () => abort.abort(), abort.signal);
  expect(taken).toEqual([`disable ${ami(1)}`]);
  expect(outcomes).toEqual({ [id(1)]: 'cancelled', [id(2)]: 'cancelled' });
});
