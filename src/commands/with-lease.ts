import { parseDuration } from '../config/durations.ts';
import { usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { Leased } from '../run/promote/promote.ts';
import type { Promotion } from '../run/promote/promotion.ts';
import type { Lease } from '../run/promote-effects.ts';
import type { StatePlace } from '../run/state/place.ts';
import { openLeases } from './open-leases.ts';
import type { OpenChannel } from './open-promotion.ts';

interface WaitOptions {
  readonly wait?: string;
}

/** Runs what only one run at a time may do to an image in a channel, on every machine. Without a state bucket nothing holds others back. */
export async function withLease<T>(
  open: OpenChannel,
  promotion: Promotion,
  options: WaitOptions,
  emit: Emit,
  work: (lease: Lease | undefined) => Promise<T>,
): Promise<T> {
  return withLeases(open, [promotion], options, emit, ([leased], refused) => {
    const [error] = refused.values();
    if (error !== undefined) throw error;
    return work(leased?.lease);
  });
}

/**
 * As `withLease`, for several images of a channel. Taken one after the other by name, so that no two runs wait for each
 * other; those that somebody else holds are `refused`, and the others are worked on.
 */
export async function withLeases<T>(
  { state, channel, effects }: OpenChannel,
  promotions: readonly Promotion[],
  options: WaitOptions,
  emit: Emit,
  work: (leased: readonly Leased[], refused: ReadonlyMap<Promotion, unknown>) => Promise<T>,
): Promise<T> {
  const wait = parseWait(options.wait);
  if (state === undefined) {
    const message = 'no state bucket: nothing keeps another promotion of the same image from running at the same time';
    emit({
      type: 'warning',
      warning: { code: 'no-lease', message, hint: 'Name one: `state` in the configuration, then bake state init.' },
    });
    return work(
      promotions.map((promotion) => ({ promotion, lease: undefined })),
      new Map(),
    );
  }
  const taken = new Map<Promotion, Lease>();
  const refused = new Map<Promotion, unknown>();
  try {
    for (const promotion of promotions.toSorted((a, b) => (a.image < b.image ? -1 : 1))) {
      try {
        taken.set(promotion, await take(state, promotion));
      } catch (error) {
        effects.signal.throwIfAborted();
        refused.set(promotion, error);
      }
    }
    const leased = promotions.flatMap((promotion) => {
      const lease = taken.get(promotion);
      return lease === undefined ? [] : [{ promotion, lease }];
    });
    return await work(leased, refused);
  } finally {
    await Promise.all([...taken.values()].map((lease) => lease.release()));
  }

  function take(place: StatePlace, { image, run }: Promotion): Promise<Lease> {
    return openLeases(place, run).acquire(channel.name, image, {
      wait,
      signal: effects.signal,
      onHeld: ({ user, host }, since) => {
        const message = `waiting for ${user} on ${host}, who has been changing ${image} in ${channel.name} since ${since}`;
        emit({ type: 'warning', warning: { code: 'lease-held', message } });
      },
    });
  }
}

function parseWait(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds === undefined) throw usage(`--wait ${JSON.stringify(text)} is not a duration such as 10m`);
  return seconds;
}
