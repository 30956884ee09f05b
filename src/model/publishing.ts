import type { TargetId } from './channel.ts';
import type { ErrorSummary } from './errors.ts';
import type { AccountId, ChannelName, Region } from './ids.ts';
import type { Json } from './image.ts';

/** A target, and its channel where channels that share the target have places of their own. */
export type PlaceId = TargetId | `${TargetId}/${ChannelName}`;

export interface ObjectChange {
  readonly name: string;
  /** `repaired`: its content is as before, but what the manifest pins is gone, or encrypted in another way. */
  readonly change: 'added' | 'changed' | 'removed' | 'repaired';
  /** Bytes before and after, where there is a before and an after. */
  readonly from?: number;
  readonly to?: number;
}

export interface ValueChange {
  /** `database.host`. */
  readonly path: string;
  /** Absent: it is new. */
  readonly from?: Json;
  /** Absent: it is gone. */
  readonly to?: Json;
}

/** What will be done to one place. */
export interface PlacePlan {
  readonly account: AccountId;
  readonly region: Region;
  readonly channels: readonly ChannelName[];
  readonly bucket: string;
  readonly prefix: string;
  /** Of the manifest that is there; null: there is none. */
  readonly serial: number | null;
  /** `create`, `versioning`: what will be done to the bucket itself. */
  readonly bucketChanges: readonly string[];
  readonly objects: readonly ObjectChange[];
  readonly values: readonly ValueChange[];
  /** The serial that a rollback brings back. */
  readonly rollbackOf?: number;
}

export type PlaceOutcome =
  | { readonly status: 'published'; readonly serial: number; readonly content: string }
  | { readonly status: 'unchanged'; readonly serial: number }
  | { readonly status: 'failed'; readonly error: ErrorSummary }
  | { readonly status: 'cancelled'; readonly because: string };

/** In the order in which they are looked at: without the first, the others cannot be told. */
export const PLACE_CHECKS = [
  'bucket',
  'region',
  'account',
  'versioned',
  'encrypted',
  'private',
  'manifest',
  'objects',
  'current',
] as const;

export interface PlaceCheck {
  readonly name: (typeof PLACE_CHECKS)[number];
  /** `unknown`: an earlier miss hides it. */
  readonly status: 'ok' | 'missed' | 'unknown';
  /** What is wrong, or what was found. */
  readonly detail?: string;
}

export interface PlaceReport {
  readonly id: PlaceId;
  readonly account: AccountId;
  readonly region: Region;
  readonly channels: readonly ChannelName[];
  readonly bucket: string;
  readonly prefix: string;
  readonly ok: boolean;
  readonly serial: number | null;
  readonly checks: readonly PlaceCheck[];
}
