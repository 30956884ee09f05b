import type { Region } from './ids.ts';

/** Where records, what channels hold, and leases are kept for everybody who works on the project. */
export interface StateSettings {
  /** Pattern with `{account}` and `{region}`. */
  readonly bucket: string;
  /** First part of every key, with a slash at its end; empty: none. */
  readonly prefix: string;
  readonly region: Region;
  /** Key id, alias or ARN; absent: objects are encrypted with keys that S3 keeps. */
  readonly kmsKey?: string;
  /** Records older than this, and versions that were written over as long ago, are removed. */
  readonly keepDays: number;
}

/** One thing that is looked at in a state bucket, in this order. */
export const STATE_CHECKS = [
  'bucket',
  'region',
  'account',
  'project',
  'versioned',
  'encrypted',
  'private',
  'owner',
  'tags',
  'lifecycle',
] as const;
export interface StateCheck {
  readonly name: (typeof STATE_CHECKS)[number];
  /** `unknown`: an earlier miss hides it. */
  readonly status: 'ok' | 'missed' | 'unknown';
  readonly detail?: string;
}
