import type { RunOwner } from '../../model/run-owner.ts';
import { isGone, type Processes } from '../processes.ts';
import type { ServerTime } from '../region-effects.ts';

/** What stands in `leases/<channel>/<image>.json`. Times are by S3's clock, ISO 8601, UTC. */
export interface LeaseFile {
  readonly version: 1;
  /** Of this one lease: nobody else's file looks the same. */
  readonly id: string;
  readonly owner: RunOwner;
  readonly acquiredAt: string;
  readonly expiresAt: string;
  readonly released: boolean;
}

/** For a heartbeat that is on its way. */
const GRACE = 3_000;

/** Milliseconds until others may take it over; 0: now. It has ended only when it has by the earliest time that it may be. */
export function remaining(
  { released, expiresAt, owner }: LeaseFile,
  { earliest }: Pick<ServerTime, 'earliest'>,
  processes: Processes,
): number {
  if (released || isGone(owner, processes)) return 0;
  return Math.max(0, Date.parse(expiresAt) + GRACE - earliest);
}

/** Undefined for text that is none; `version` tells what version it would be of. */
export function parseLease(text: string): { readonly lease?: LeaseFile; readonly version?: unknown } {
  let document: Partial<LeaseFile> | null;
  try {
    document = JSON.parse(text) as Partial<LeaseFile> | null;
  } catch {
    return {};
  }
  const { version, id, owner, acquiredAt, expiresAt, released } = document ?? {};
  const sound =
    version === 1 &&
    typeof id === 'string' &&
    typeof owner === 'object' &&
    owner !== null &&
    typeof released === 'boolean' &&
    !Number.isNaN(Date.parse(`${acquiredAt}`)) &&
    !Number.isNaN(Date.parse(`${expiresAt}`));
  return sound ? { lease: document as LeaseFile } : { version };
}
