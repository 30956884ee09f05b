import type { NodeId } from './ids.ts';
import type { Json } from './image.ts';
import type { InputChange, Reason } from './plan.ts';

/** An input that differs, with what it was and is where that is known. */
export interface ChangeFromTo extends InputChange {
  readonly from?: string;
  readonly to?: string;
}

/** A version of an image. All null: it is to be baked. */
export interface StateName {
  readonly version: string | null;
  readonly imageId: string | null;
  /** ISO 8601, UTC; null as well for an AMI that is gone. */
  readonly createdAt: string | null;
  /** Why it is not used, where it is not. */
  readonly unusable?: string;
}

/** What differs in one image between two of its versions. */
export interface ImageChange {
  readonly id: NodeId;
  readonly from: StateName;
  readonly to: StateName;
  /** How finely inputs are told apart: each, from records; groups of them, from tags; not at all. */
  readonly detail: 'inputs' | 'groups' | 'none';
  readonly changes: readonly ChangeFromTo[];
  /** Groups that cannot be compared: layers, where one of the tags has no room for each. */
  readonly unknown: readonly string[];
  /** Baked by `--force`, which children notice as well. */
  readonly forced: boolean;
}

/** The image, then its ancestors as far as it changed because they did: the last one has the root cause. */
export type ChangeChain = readonly ImageChange[];

/** Why an image would be baked, or why a version of it was. */
export interface Why {
  readonly id: NodeId;
  readonly verdict:
    | { readonly kind: 'to-be-baked'; readonly reason: Reason }
    /** What is wanted is there. */
    | { readonly kind: 'up-to-date'; readonly version: string; readonly imageId: string; readonly since: string }
    /** It was asked why this version was baked. */
    | { readonly kind: 'baked'; readonly version: string; readonly imageId: string; readonly at: string };
  /** Against the version before; empty: there is none. */
  readonly chain: ChangeChain;
}

export interface PackageChange {
  readonly name: string;
  /** `changed`: of several versions side by side some came or went, and the newest is the same. */
  readonly change: 'added' | 'removed' | 'upgraded' | 'downgraded' | 'changed';
  readonly from?: string;
  readonly to?: string;
}

/** A setting that a layer bakes and cloud-init would change. */
export interface GuardedChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** Id of the contract's row. */
  readonly row: string;
  readonly layer: string;
  readonly paths: readonly string[];
  readonly from?: GuardedSetting;
  readonly to?: GuardedSetting;
}

/** The cloud-config that keeps it, or what cloud-init will do to it. */
export type GuardedSetting = { readonly override: Json } | { readonly effect: string };

export interface ImageDiff {
  readonly id: NodeId;
  readonly chain: ChangeChain;
  /** Null: a record is missing, or it was baked without machines. */
  readonly packages: readonly PackageChange[] | null;
  readonly guarded: readonly GuardedChange[] | null;
  /** Versions, as `api 2026.11.20.1`, whose records are not at hand. */
  readonly withoutRecord: readonly string[];
}
