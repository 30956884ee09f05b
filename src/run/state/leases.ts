import { randomUUID } from 'node:crypto';
import type { ChannelName, ImageName } from '../../model/ids.ts';
import type { RunOwner } from '../../model/run-owner.ts';
import type { Clock } from '../effects.ts';
import type { Processes } from '../processes.ts';
import type { LeaseRequest, Leases } from '../promote-effects.ts';
import { leaseHeld, stateUnreadable } from './errors.ts';
import { HeldLease } from './held-lease.ts';
import { type LeaseFile, parseLease, remaining } from './lease-file.ts';
import { jsonObject, type StatePlace } from './place.ts';

export interface LeaseSettings {
  readonly place: StatePlace;
  readonly owner: RunOwner;
  readonly processes: Processes;
  readonly clock: Clock;
  /** Seconds that one lasts without a heartbeat. */
  readonly life?: number;
}

/** Long enough for one pointer call with its repetitions, short enough to wait for that of a machine that is gone. */
const LIFE = 120;
/** Milliseconds between looks at a lease that somebody else holds. */
const POLL = 5_000;

/** Leases in the state bucket, `leases/<channel>/<image>.json`: one holder at a time, by conditional writes. */
export function createLeases({ place, owner, processes, clock, life = LIFE }: LeaseSettings): Leases {
  const { bucket } = place;

  async function read(key: string): Promise<{ readonly lease: LeaseFile; readonly etag: string } | undefined> {
    const stored = await bucket.read(key);
    if (stored === undefined) return undefined;
    const { lease, version } = parseLease(stored.content.toString('utf8'));
    if (lease === undefined) throw stateUnreadable(place, key, version);
    return { lease, etag: stored.etag };
  }

  /** The lease, or whoever has it. */
  async function attempt(key: string, about: string, signal: AbortSignal): Promise<HeldLease | LeaseFile> {
    for (;;) {
      signal.throwIfAborted();
      // First, since the answer tells S3's clock too.
      const there = await read(key);
      if (there !== undefined && remaining(there.lease, bucket.time(), processes) > 0) return there.lease;
      const asked = clock.now().getTime();
      // As late as it may be: nobody takes it for ended before this run does.
      const now = bucket.time().latest;
      const [acquiredAt, expiresAt] = [now, now + life * 1000].map((time) => new Date(time).toISOString());
      const file = { version: 1, id: randomUUID(), owner, acquiredAt, expiresAt, released: false } as LeaseFile;
      const etag = await bucket.writeOver(there?.etag, jsonObject(key, file));
      // Else somebody was faster, and the next look says who.
      if (etag !== undefined)
        return new HeldLease({ bucket, key, about, clock, life, read: () => read(key) }, { file, etag, asked });
    }
  }

  return {
    async acquire(channel: ChannelName, image: ImageName, { wait = 0, signal, onHeld }: LeaseRequest) {
      const key = `${place.prefix}leases/${channel}/${image}.json`;
      const about = `${image} to ${channel}`;
      const deadline = clock.now().getTime() + wait * 1000;
      for (let told: string | undefined; ; ) {
        const found = await attempt(key, about, signal);
        if (found instanceof HeldLease) return found.start();
        const left = deadline - clock.now().getTime();
        if (left <= 0) throw leaseHeld(found, about, wait);
        if (told !== found.id) onHeld?.(found.owner, found.acquiredAt);
        told = found.id;
        const dead = remaining(found, bucket.time(), processes);
        await clock.sleep(Math.min(left, Math.max(dead, 1), POLL), signal);
      }
    },
  };
}
