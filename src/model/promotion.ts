import {
  type DeregistrationProtection,
  type ResolvedTarget,
  type Sharing,
  type TargetId,
  targetId,
} from './channel.ts';
import type { ErrorSummary } from './errors.ts';
import type {
  AccountId,
  AmiId,
  Architecture,
  ChannelName,
  ImageName,
  NodeId,
  ProjectName,
  Region,
  Version,
} from './ids.ts';
import type { Tags } from './image.ts';
import type { AmiState } from './known-image.ts';

/** One account in one region, where an AMI of ours is or is to be. */
export interface Site {
  readonly account: AccountId;
  readonly region: Region;
}

/** What belongs to an AMI wherever it is, and is compared after a copy. */
export interface Traits {
  readonly architecture: string;
  readonly rootDeviceType: string;
  readonly rootDeviceName: string;
  readonly virtualization: string;
  readonly bootMode?: string;
  readonly tpm?: string;
  readonly ena: boolean;
  readonly imds?: string;
  readonly devices: readonly Device[];
}

export interface Device {
  readonly name: string;
  readonly sizeGiB: number;
  readonly volumeType: string;
  readonly deleteOnTermination: boolean;
}

export interface ObservedSnapshot {
  readonly snapshotId: string;
  readonly device: string;
  /** `pending`, `completed`, `error`. */
  readonly state: string;
  /** Why it failed. */
  readonly message?: string;
  /** Percent, while it is made. */
  readonly progress?: number;
  /** Bytes in use, where EC2 says it; else those of the volume. */
  readonly bytes: number;
  readonly encrypted: boolean;
  /** ARN. */
  readonly kmsKey?: string;
  readonly tags: Tags;
  /** May make volumes of it; undefined: not asked. */
  readonly volumePermissions?: { readonly accounts: readonly AccountId[]; readonly public: boolean };
}

/** An AMI as EC2 shows it to its owner. */
export interface ObservedImage {
  readonly imageId: AmiId;
  readonly site: Site;
  readonly name: string;
  readonly state: AmiState;
  /** Why it failed. */
  readonly reason?: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** When an instance was last launched from it, by whomever, as far as EC2 says it: a day late. ISO 8601, UTC. */
  readonly launchedAt?: string;
  readonly copyOf?: { readonly imageId: AmiId; readonly region: Region };
  readonly traits: Traits;
  readonly productCodes: readonly string[];
  readonly tags: Tags;
  readonly snapshots: readonly ObservedSnapshot[];
  /** Who may launch it; undefined: not asked. */
  readonly launchPermissions?: Sharing;
  /** ISO 8601, UTC, whole minutes. */
  readonly deprecateAt?: string;
  readonly deregistrationProtection: DeregistrationProtection;
}

/** What is promoted: the AMI that a bake made, in one architecture of one version. */
export interface Source {
  readonly id: NodeId;
  readonly image: ImageName;
  readonly version: Version;
  readonly architecture: Architecture;
  readonly ami: ObservedImage;
}

/** What shall be true of one image at one site: the aim of promotion, of verification and of repair. */
export interface Wanted {
  readonly channel: ChannelName;
  readonly source: Source;
  readonly site: Site;
  /** False at the site of the bake: there it is the source itself. */
  readonly copied: boolean;
  /** Of the copy: key, or as the source and the region's default have it. */
  readonly kmsKey?: string;
  /** Identity tags and the user's, on the image and its snapshots. */
  readonly tags: Tags;
  readonly sharing: Sharing;
  /** ISO 8601, UTC. Fixed by the source's creation, and never moved forward to an earlier date. */
  readonly deprecateAt?: string;
  readonly deregistrationProtection: DeregistrationProtection;
  /** Targets that are served by it: the site's own, and accounts that have it by `share`. */
  readonly serves: readonly TargetId[];
}

/** `111122223333/eu-west-1 api/x86_64`: one image at one site. */
export type WantedId = `${TargetId} ${NodeId}`;
export const wantedId = ({ site, source }: Pick<Wanted, 'site' | 'source'>): WantedId =>
  `${targetId(site)} ${source.id}`;

/** CopyImage, a pure function of source, site and attempt: repeated, it answers with the AMI that the first made. */
export interface CopyRequest {
  readonly source: AmiId;
  readonly sourceRegion: Region;
  readonly name: string;
  /** From 1. */
  readonly attempt: number;
  readonly kmsKey?: string;
  readonly tags: Tags;
  /** Digest of everything else. */
  readonly clientToken: string;
}

/** One thing to be done at a site to make what is wanted true. In this order. `null`: of the copy that is not made yet. */
export type SiteStep =
  /** At the source: an account may copy it. Undone by `revoke`. */
  | GrantStep<'grant'>
  | { readonly do: 'copy'; readonly request: CopyRequest; readonly bytes: number; readonly snapshots: number }
  /** A failed copy, once another is accepted. */
  | { readonly do: 'remove-dead'; readonly imageId: AmiId; readonly reason: string }
  /** A copy that is under way. What follows is planned again when it is there. */
  | { readonly do: 'wait'; readonly imageId: AmiId | null }
  | { readonly do: 'tag'; readonly resources: readonly string[]; readonly tags: Tags }
  /** Snapshots: none named while the copy is not there. */
  | { readonly do: 'share-snapshots'; readonly snapshotIds: readonly string[]; readonly accounts: readonly AccountId[] }
  | { readonly do: 'share-image'; readonly imageId: AmiId | null; readonly add: Sharing }
  | { readonly do: 'deprecate'; readonly imageId: AmiId | null; readonly at: string }
  | { readonly do: 'protect'; readonly imageId: AmiId | null; readonly protection: DeregistrationProtection }
  | GrantStep<'revoke'>;

export interface GrantStep<Do extends 'grant' | 'revoke' = 'grant' | 'revoke'> {
  readonly do: Do;
  readonly account: AccountId;
  readonly imageId: AmiId;
  readonly snapshotIds: readonly string[];
}

/** What a copy has otherwise than its source: an error of its site, which nothing but another copy mends. */
export interface TraitDifference {
  readonly trait: string;
  readonly source: string;
  readonly copy: string;
}

export type SiteOutcome =
  | { readonly status: 'ready'; readonly imageId: AmiId }
  | { readonly status: 'failed'; readonly error: ErrorSummary }
  | { readonly status: 'cancelled'; readonly because: string };

/** One pointer of a target. */
export interface PointerName {
  readonly kind: 'parameter' | 'launch-template';
  readonly name: string;
}

/** What a pointer shall say. */
export interface WantedPointer extends PointerName {
  readonly target: ResolvedTarget;
  readonly node: NodeId;
  /** `null` while the copy is not made yet. */
  readonly to: AmiId | null;
  /** Sha256 of the user-data, of a launch template. */
  readonly userData?: string;
}

/** A pointer at a target. `to` is an AMI that is there, or `null` while its copy is not made yet. */
export interface PointerMove extends PointerName {
  readonly node: NodeId;
  /** Undefined: there is none yet. */
  readonly from?: PointerState;
  readonly to: AmiId | null;
}

/** What a pointer says now. */
export interface PointerState {
  readonly imageId: string;
  /** Of the parameter or of the template. */
  readonly version: number;
  /** Sha256 of the user-data of a launch template. */
  readonly userData?: string;
}

export interface SitePlan {
  readonly id: WantedId;
  readonly site: Site;
  readonly node: NodeId;
  readonly imageId: AmiId | null;
  readonly steps: readonly SiteStep[];
}

export interface TargetPointers {
  readonly target: ResolvedTarget;
  readonly moves: readonly PointerMove[];
}

/** Printed, saved, and applied unchanged or not at all. */
export interface PromotionPlan {
  readonly version: 1;
  readonly project: ProjectName;
  readonly channel: ChannelName;
  readonly action: 'promote' | 'repair' | 'rollback';
  readonly images: readonly {
    readonly image: ImageName;
    readonly version: Version;
    readonly nodes: readonly NodeId[];
  }[];
  readonly sites: readonly SitePlan[];
  /** Permissions for copies that nothing needs any more. */
  readonly leftovers: readonly GrantStep<'revoke'>[];
  readonly pointers: readonly TargetPointers[];
  /** Version that the channel holds now, by image; absent: none. */
  readonly holds: Readonly<Record<string, Version>>;
}

/** What a channel holds of an image. */
export interface ChannelState {
  readonly version: 1;
  readonly channel: ChannelName;
  readonly image: ImageName;
  /** Newest first; the first is what the channel holds. */
  readonly moves: readonly ChannelMove[];
}

export interface ChannelMove {
  readonly imageVersion: string;
  readonly action: 'promote' | 'rollback';
  /** AMI of the bake, by architecture. */
  readonly amis: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** ARN of the caller. */
  readonly by: string;
  readonly approvedBy?: string;
  readonly run: string;
  /** Pointers of every target were read back and are right. Until then the move is under way. */
  readonly finished: boolean;
  /** What the pointers said before, so that also the run after a kill can put all of them back. */
  readonly before?: readonly PointerBefore[];
}

export interface PointerBefore extends PointerName {
  readonly target: TargetId;
  readonly from?: PointerState;
}
