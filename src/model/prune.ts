import type { DeregistrationProtection, Sharing, TargetId } from './channel.ts';
import type { ErrorSummary } from './errors.ts';
import type { AmiId, Architecture, ImageName, NodeId, ProjectName } from './ids.ts';
import type { Tags } from './image.ts';
import type { ObservedImage, Site } from './promotion.ts';

/** `api/x86_64@2026.11.20.1`: one version of an image in one architecture, wherever it is. */
export type VersionId = `${NodeId}@${string}`;

/** What a bake made, and the copies of it: kept together, and retired together. */
export interface BakedVersion {
  readonly id: VersionId;
  readonly image: ImageName;
  readonly version: string;
  readonly architecture: Architecture;
  /** Absent: somebody has deregistered it, and left copies. */
  readonly source?: ObservedImage;
  readonly copies: readonly ObservedImage[];
}

/** What refers to an AMI of ours: an instance, a launch template, a parameter. */
export interface Reference {
  readonly imageId: string;
  /** `instance`, `launch template`, `parameter`, or as EC2 names it. */
  readonly kind: string;
  /** Id, name or ARN. */
  readonly name: string;
  readonly where: TargetId;
}

/** Why a version stays. */
export type KeptBecause =
  /** Its image has no `keep`. */
  | { readonly why: 'no-rule' }
  /** Its image is not in the configuration. */
  | { readonly why: 'not-configured' }
  /** Others were asked for. */
  | { readonly why: 'not-selected' }
  | { readonly why: 'newest'; readonly last: number }
  | { readonly why: 'young'; readonly days: number }
  | { readonly why: 'launched'; readonly at: string; readonly where: TargetId }
  | { readonly why: 'channel'; readonly channel: string; readonly holds: 'now' | 'before' }
  | { readonly why: 'parent'; readonly of: VersionId }
  /** Another project's image was baked on it. */
  | { readonly why: 'source'; readonly of: string }
  /** In `bake.lock.json`. */
  | { readonly why: 'pinned' }
  | { readonly why: 'reference'; readonly kind: string; readonly name: string; readonly where: TargetId }
  /** A bake that may be alive stands on that image. */
  | { readonly why: 'baking'; readonly reservation: string }
  /** Somebody changes what a channel holds of the image. */
  | { readonly why: 'promoting'; readonly detail: string }
  | { readonly why: 'copying'; readonly where: TargetId }
  /** A bake that did not end; for `bake sweep`. */
  | { readonly why: 'unfinished' }
  /** Somebody else has disabled it. */
  | { readonly why: 'disabled'; readonly where: TargetId }
  /** Somebody else protects it from deregistration. */
  | { readonly why: 'protected'; readonly where: TargetId }
  /** Neither available nor disabled. */
  | { readonly why: 'state'; readonly state: string; readonly where: TargetId }
  /** Its tag of retirement is not one of ours. */
  | { readonly why: 'mark-unreadable'; readonly where: TargetId };

/** One call about one AMI. */
export type RetireStep = { readonly site: Site; readonly imageId: AmiId } & (
  | { readonly do: 'mark'; readonly tags: Tags }
  | { readonly do: 'deprecate'; readonly at: string }
  | { readonly do: 'disable' }
  | { readonly do: 'protect'; readonly protection: DeregistrationProtection }
  | { readonly do: 'deregister'; readonly snapshotIds: readonly string[] }
  | { readonly do: 'enable' }
  | { readonly do: 'share'; readonly add: Sharing }
  | { readonly do: 'undeprecate' }
  | { readonly do: 'unmark'; readonly keys: readonly string[] }
);

/** One AMI of a version. */
export interface PrunedImage {
  readonly site: Site;
  readonly imageId: AmiId;
  readonly state: string;
}

interface Pruned {
  readonly id: VersionId;
  readonly image: ImageName;
  readonly version: string;
  readonly architecture: Architecture;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Copies first, what the bake made last. */
  readonly images: readonly PrunedImage[];
  /** Of all snapshots, at most. */
  readonly bytes: number;
  readonly usdPerMonth: number;
  /** Since when it is retired, ISO 8601, UTC; absent: it is not. */
  readonly retiredAt?: string;
}

export interface KeptVersion extends Pruned {
  readonly action: 'keep';
  readonly because: readonly KeptBecause[];
}

export interface WaitingVersion extends Pruned {
  readonly action: 'wait';
  /** ISO 8601, UTC. */
  readonly deregisterAfter: string;
}

export interface RetiredVersion extends Pruned {
  readonly action: 'retire' | 'deregister';
  /** Of `retire`; ISO 8601, UTC. */
  readonly deregisterAfter?: string;
  /** What stands on it and goes too, so before it. */
  readonly after: readonly VersionId[];
  readonly steps: readonly RetireStep[];
}

export type PruneDecision = KeptVersion | WaitingVersion | RetiredVersion;

/** Newest first, so that what stands on an image comes before it. */
export interface PrunePlan {
  readonly version: 1;
  readonly project: ProjectName;
  readonly decisions: readonly PruneDecision[];
  /** Once all that is on its way out is gone, at most. */
  readonly saves: {
    readonly bytes: number;
    readonly usdPerMonth: number;
    readonly verified: boolean;
    readonly asOf: string;
  };
}

export type RetireOutcome =
  | { readonly status: 'retired'; readonly deregisterAfter: string }
  | { readonly status: 'deregistered' }
  | { readonly status: 'restored' }
  | { readonly status: 'failed'; readonly error: ErrorSummary }
  | { readonly status: 'cancelled'; readonly because: string };

export const versionId = (node: NodeId, version: string): VersionId => `${node}@${version}`;

/** In the order in which they are worked on: consumers launch copies, and a channel is promoted from the source. */
export const imagesOf = ({ copies, source }: Pick<BakedVersion, 'copies' | 'source'>): readonly ObservedImage[] =>
  source === undefined ? copies : [...copies, source];
