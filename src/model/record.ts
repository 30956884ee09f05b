import type { Protection, Unprotected } from './guarded.ts';
import type { Digest } from './ids.ts';
import type { PackagePin } from './image.ts';

/** A record as it is read again: `run/record.ts` and `templates/provision/record.py` write it, older ones less of it. */
export interface BakeRecord {
  readonly version: 1;
  /** As in `plan/fingerprint.ts`. */
  readonly inputs: Readonly<Record<string, Digest>>;
  readonly imageVersion: string;
  /** ISO 8601, UTC. */
  readonly startedAt?: string | null;
  /** The day, week or month that it was baked for. */
  readonly refresh?: string | null;
  readonly packages?: PackagePin | null;
  /** Absent where nothing ran that could say it: behind an emulator without machines. */
  readonly machine?: {
    readonly osRelease?: { readonly ID?: string };
    readonly packages?: InstalledPackages;
  };
  /** Of the image's own layers; what its ancestors' need is in their records. */
  readonly protected?: readonly Protection[];
  readonly unprotected?: readonly Unprotected[];
}

/** Name → version; several versions side by side, as rpm has of kernels, are separated by `, `. */
export type InstalledPackages = Readonly<Record<string, string>>;
