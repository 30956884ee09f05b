import type { BadMark } from './bad.ts';
import type { AmiId, Architecture, Fingerprint, ImageName, Version } from './ids.ts';
import { TAG } from './tags.ts';
import type { Tried } from './tried.ts';

export type AmiState =
  | 'pending'
  | 'available'
  | 'invalid'
  | 'deregistered'
  | 'transient'
  | 'failed'
  | 'error'
  | 'disabled';

/** An AMI of ours, as its name and tags tell it. */
export interface KnownImage {
  readonly imageId: AmiId;
  /** The AMI's name, `<project>/<image>/<version>-<arch>`. */
  readonly name: string;
  readonly state: AmiState;
  /** ISO 8601, UTC. Newest means this, never version order. */
  readonly createdAt: string;
  readonly image: ImageName;
  readonly version: Version;
  readonly architecture: Architecture;
  /** Written last, so an image without it was never finished and is neither reused nor built upon. */
  readonly fingerprint?: Fingerprint;
  /** What `--force` added; enters the children's fingerprints. */
  readonly nonce?: string;
  readonly parent?: string;
  readonly parentImageId?: AmiId;
  readonly sourceAmi?: AmiId;
  readonly sourceName?: string;
  readonly commit?: string;
  /** sha256 of the record. */
  readonly recordDigest?: string;
  /** Digests of groups of inputs, `layer/api=1a2b3c4d …`, for machines that have no record. */
  readonly inputGroups?: string;
  readonly markedBad: boolean;
  /** Why, where it is. */
  readonly bad?: BadMark;
  /** What the last trial found. */
  readonly tried?: Tried;
  readonly snapshotIds: readonly string[];
  readonly rootDeviceName?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Newest first; equal times by id, so that every machine orders alike. */
export function newestFirst(a: KnownImage, b: KnownImage): number {
  return b.createdAt.localeCompare(a.createdAt) || b.imageId.localeCompare(a.imageId);
}

export function isUsable(image: KnownImage): image is KnownImage & { readonly fingerprint: Fingerprint } {
  return image.state === 'available' && image.fingerprint !== undefined && !image.markedBad && !isRetired(image);
}

/** On its way out, although it may still be launched. */
export const isRetired = ({ tags }: Pick<KnownImage, 'tags'>): boolean => tags[TAG.retired] !== undefined;

/** A source AMI as resolved for one region and architecture, and pinned in the lock file. */
export interface ResolvedSourceAmi {
  readonly imageId: AmiId;
  readonly name: string;
  readonly owner: string;
  /** ISO 8601, UTC. */
  readonly creationDate: string;
  readonly rootDeviceName: string;
}
