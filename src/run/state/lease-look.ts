import type { IsLeased } from '../sweep-effects.ts';
import { stateUnreadable } from './errors.ts';
import { parseLease, remaining } from './lease-file.ts';
import type { StatePlace } from './place.ts';

/** Of a run that was killed on this machine a lease counts as well, until it ends: that is minutes. */
const NOBODY_IS_DEAD = { here: undefined, isAlive: () => true };

/** Looks at leases in the state bucket, without taking any. */
export const leaseLook =
  (place: StatePlace): IsLeased =>
  async (channel, image) => {
    const key = `${place.prefix}leases/${channel}/${image}.json`;
    const stored = await place.bucket.read(key);
    if (stored === undefined) return false;
    const { lease, version } = parseLease(stored.content.toString('utf8'));
    if (lease === undefined) throw stateUnreadable(place, key, version);
    return remaining(lease, place.bucket.time(), NOBODY_IS_DEAD) > 0;
  };
