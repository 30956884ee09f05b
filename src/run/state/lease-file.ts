import type { ServerTime } from '../region-effects.ts';

/** Who holds a lease. */
export interface LeaseOwner {
  readonly run: string;
  readonly host: string;
  readonly user: string;
  readonly pid: number;
  /** Where that process id means that process: of one boot of one machine, and one container. Absent: nobody can tell. */
  readonly processes?: string;
}

/** What stands in `leases/<channel>/<image>.json`. Times are by S3's clock, ISO 8601, UTC. */
export interface LeaseFile {
  readonly version: 1;
  /** Of this one lease: nobody else's file looks the same. */
  readonly id: string;
  readonly owner: LeaseOwner;
  readonly acquiredAt: string;
  readonly expiresAt: string;
  readonly released: boolean;
}

/** Processes of this machine. */
export interface Processes {
  /** As in `LeaseOwner`. */
  readonly here: string | undefined;
  isAlive(pid: number): boolean;
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

/** A run that was killed on this very machine need not be waited for. */
const isGone = ({ processes, pid }: LeaseOwner, { here, isAlive }: Processes): boolean =>
  here !== undefined && processes === here && !isAlive(pid);

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
