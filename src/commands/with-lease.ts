import { parseDuration } from '../config/durations.ts';
import { usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { Promotion } from '../run/promote/promotion.ts';
import type { Lease } from '../run/promote-effects.ts';
import { openLeases } from './open-leases.ts';
import type { OpenChannel } from './open-promotion.ts';

/** Runs what only one run at a time may do to an image in a channel, on every machine. Without a state bucket nothing holds others back. */
export async function withLease<T>(
  { state, channel, image, effects }: OpenChannel,
  { run }: Pick<Promotion, 'run'>,
  options: { readonly wait?: string },
  emit: Emit,
  work: (lease: Lease | undefined) => Promise<T>,
): Promise<T> {
  const wait = parseWait(options.wait);
  if (state === undefined) {
    const message = 'no state bucket: nothing keeps another promotion of the same image from running at the same time';
    emit({
      type: 'warning',
      warning: { code: 'no-lease', message, hint: 'Name one: `state` in the configuration, then bake state init.' },
    });
    return work(undefined);
  }
  const lease = await openLeases(state, run).acquire(channel.name, image.name, {
    wait,
    signal: effects.signal,
    onHeld: ({ user, host }, since) => {
      const message = `waiting for ${user} on ${host}, who has been changing ${image.name} in ${channel.name} since ${since}`;
      emit({ type: 'warning', warning: { code: 'lease-held', message } });
    },
  });
  try {
    return await work(lease);
  } finally {
    await lease.release();
  }
}

function parseWait(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds === undefined) throw usage(`--wait ${JSON.stringify(text)} is not a duration such as 10m`);
  return seconds;
}
