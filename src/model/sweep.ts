import type { TargetId } from './channel.ts';
import type { ErrorSummary } from './errors.ts';
import type { ImageName, ProjectName, RunId } from './ids.ts';
import type { Tags } from './image.ts';
import type { AmiState } from './known-image.ts';

/** In the order in which they are removed: key pairs last, since a reservation tells whose the rest is. */
export const LEFTOVER_KINDS = ['instance', 'image', 'snapshot', 'volume', 'security-group', 'key-pair'] as const;
export type LeftoverKind = (typeof LEFTOVER_KINDS)[number];

interface ThingBase {
  /** A key pair's is its name. */
  readonly id: string;
  readonly name: string;
  readonly tags: Tags;
  /** ISO 8601, UTC; security groups have none. */
  readonly createdAt?: string;
}

export interface SeenInstance extends ThingBase {
  readonly kind: 'instance';
  /** Listed for an hour more. */
  readonly ended: boolean;
}

export interface SeenImage extends ThingBase {
  readonly kind: 'image';
  readonly state: AmiState;
  readonly copied: boolean;
  /** That it was made of. */
  readonly instance?: string;
  readonly snapshots: readonly string[];
}

export interface SeenSnapshot extends ThingBase {
  readonly kind: 'snapshot';
  /** As EC2 wrote it into the description. Absent: somebody else has made it. */
  readonly madeFor?: { readonly image: string; readonly instance?: string };
  /** By an AMI of any name. */
  readonly inUse: boolean;
}

export interface SeenVolume extends ThingBase {
  readonly kind: 'volume';
  readonly attachedTo: readonly string[];
}

export interface SeenGroup extends ThingBase {
  readonly kind: 'security-group';
}

export interface SeenKeyPair extends ThingBase {
  readonly kind: 'key-pair';
}

/** What EC2 lists at one site that may be of the project. */
export type Thing = SeenInstance | SeenImage | SeenSnapshot | SeenVolume | SeenGroup | SeenKeyPair;

/**
 * `run`: made by a run for a while; `unfinished`: an AMI that no bake lived to publish; `failed-copy`: an attempt of a
 * promotion that ended before it was there; `no-image`: a snapshot whose AMI is gone.
 */
export type LeftoverReason = 'run' | 'unfinished' | 'failed-copy' | 'no-image';

/** Something of ours that nobody uses once its run is over. */
export interface Leftover {
  readonly site: TargetId;
  readonly kind: LeftoverKind;
  readonly id: string;
  readonly name: string;
  readonly why: LeftoverReason;
  /** Absent: nothing says which. */
  readonly run?: RunId;
  readonly image?: ImageName;
  readonly createdAt?: string;
  /** AMI of a snapshot. */
  readonly of?: string;
}

/** Why something is left alone for now. `until`, `since`: ISO 8601, UTC. */
export type SparedBecause =
  /** A reservation of the run says that it lives. */
  | { readonly why: 'alive'; readonly until: string | null }
  /** The newest thing of its run is younger than was asked for. */
  | { readonly why: 'young'; readonly since: string | null }
  /** A promotion of the image is under way; `error`: whether one is could not be found out. */
  | { readonly why: 'leased'; readonly error?: ErrorSummary };

export interface Spared extends Leftover {
  readonly because: SparedBecause;
}

/** Everything that is there of runs, site by site. */
export interface SweepPlan {
  readonly version: 1;
  readonly project: ProjectName;
  /** Seconds. */
  readonly olderThan: number;
  /** `error`: it could not be read, and nothing is removed there. */
  readonly sites: readonly { readonly id: TargetId; readonly error?: ErrorSummary }[];
  /** In the order of removal. */
  readonly leftovers: readonly Leftover[];
  readonly spared: readonly Spared[];
}

/** What became of one site. */
export type SweepOutcome =
  | { readonly status: 'swept'; readonly removed: number }
  | { readonly status: 'failed'; readonly error: ErrorSummary }
  | { readonly status: 'cancelled'; readonly because: string };

/** `security group sg-…`. */
export const leftoverTitle = ({ kind, id }: Pick<Leftover, 'kind' | 'id'>): string => `${kind.replace('-', ' ')} ${id}`;

/** What could not be found out of it. */
export const errorOf = ({ because }: Spared): ErrorSummary | undefined =>
  because.why === 'leased' ? because.error : undefined;
