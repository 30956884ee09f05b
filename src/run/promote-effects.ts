import type { DeregistrationProtection, ResolvedTarget, Sharing } from '../model/channel.ts';
import type { AccountId, AmiId, ChannelName, ImageName } from '../model/ids.ts';
import type { Tags } from '../model/image.ts';
import type { ChannelState, CopyRequest, ObservedImage, PointerState, Site } from '../model/promotion.ts';

export type { ChannelMove, ChannelState } from '../model/promotion.ts';

/** What is looked for at a site: copies of these AMIs, and AMIs of these names. */
export interface SiteQuery {
  readonly copiesOf: readonly AmiId[];
  /** And those of further attempts, `<name>@<n>`. */
  readonly names: readonly string[];
  /** Ids, at the site of the bake. */
  readonly imageIds: readonly AmiId[];
}

/** AMIs of one account in one region, as its own credentials see them. Every call may be repeated. Failures are BakeErrors. */
export interface SiteImages {
  readonly site: Site;
  /** Own AMIs in any state with their snapshots; without permissions. */
  find(query: SiteQuery): Promise<readonly ObservedImage[]>;
  /** With launch permissions and volume permissions. */
  withPermissions(image: ObservedImage): Promise<ObservedImage>;
  /**
   * The AMIs of these ids, in one call for all; those that EC2 does not list yet are left out. With their snapshots, which
   * are one call more; `withProgress: false` leaves those of pending ones out.
   */
  states(imageIds: readonly AmiId[], request?: { readonly withProgress: boolean }): Promise<readonly ObservedImage[]>;
  /** Whether it was deregistered: of one that is not listed, and may only be too new. */
  isGone(imageId: AmiId): Promise<boolean>;
  /** Resolves to the AMI's id; the same request again resolves to the same. Throws `copy-quota` when the region is busy. */
  copy(request: CopyRequest): Promise<AmiId>;
  tag(resources: readonly string[], tags: Tags): Promise<void>;
  untag(resources: readonly string[], keys: readonly string[]): Promise<void>;
  /** Additive. */
  addLaunchPermissions(imageId: AmiId, add: Sharing): Promise<void>;
  removeLaunchPermissions(imageId: AmiId, remove: Sharing): Promise<void>;
  /** Additive. */
  addVolumePermissions(snapshotId: string, accounts: readonly AccountId[]): Promise<void>;
  removeVolumePermissions(snapshotId: string, accounts: readonly AccountId[]): Promise<void>;
  /** `at`: ISO 8601, UTC. */
  deprecate(imageId: AmiId, at: string): Promise<void>;
  protect(imageId: AmiId, protection: DeregistrationProtection): Promise<void>;
  /** A failed copy with its snapshots. Not an error when it is gone. */
  removeFailed(image: ObservedImage): Promise<void>;
}

/** Use of the key that a source is encrypted with, by an account that copies it. */
export interface KeyUse {
  /** ARN. */
  readonly key: string;
  readonly account: AccountId;
  /** Of the grant: by this one is found again what is ours. */
  readonly name: string;
}

/** Keys of one site. Every call may be repeated. Throws `access-denied` where the credentials may not change who uses the key. */
export interface KeyGrants {
  allow(use: KeyUse): Promise<void>;
  end(use: KeyUse): Promise<void>;
}

/** SSM parameters and launch templates of one target. */
export interface Pointers {
  readonly target: ResolvedTarget;
  readParameter(name: string): Promise<PointerState | undefined>;
  /** By name; those that are not there are left out. */
  readParameters(names: readonly string[]): Promise<ReadonlyMap<string, PointerState>>;
  /**
   * Writes it with data type `aws:ec2:image`, and reads it back until value and version are there. Throws
   * `pointer-not-accepted`: SSM answers 200 before it looks at the value. `signal` stops nothing that was sent.
   */
  writeParameter(name: string, imageId: string, signal: AbortSignal): Promise<void>;
  removeParameter(name: string): Promise<void>;
  readTemplate(name: string): Promise<PointerState | undefined>;
  /** A new version, made of the default one with this image and user-data, becomes the default. Makes the template if there is none. */
  writeTemplate(name: string, change: TemplateChange): Promise<void>;
  /** Makes a version that is there the default again. */
  defaultTemplate(name: string, version: number): Promise<void>;
  removeTemplate(name: string): Promise<void>;
  /** What launches by the target's own account can see; undefined: not that AMI. */
  visible(imageId: AmiId): Promise<{ readonly state: string } | undefined>;
}

export interface TemplateChange {
  readonly imageId: AmiId;
  readonly userData: Buffer;
  readonly instanceProfile?: string;
  /** The same again makes no second version. */
  readonly clientToken: string;
  readonly tags: Tags;
}

/** What channels hold: changed by compare-and-swap, before pointers move. */
export interface ChannelStates {
  read(
    channel: ChannelName,
    image: ImageName,
  ): Promise<{ readonly state: ChannelState; readonly etag: string } | undefined>;
  /** False: somebody else has written meanwhile. */
  write(state: ChannelState, etag: string | undefined): Promise<boolean>;
}

/** One promotion per image and channel at a time, on every machine. */
export interface Lease {
  /** Aborted when the lease is lost. */
  readonly signal: AbortSignal;
  /** Throws `lease-lost` unless it is held for at least so many seconds more. */
  require(seconds: number): Promise<void>;
  release(): Promise<void>;
}

export interface LeaseRequest {
  /** Seconds to wait for one that somebody else holds; absent: throw `lease-held` at once. */
  readonly wait?: number | undefined;
  readonly signal: AbortSignal;
  /** Told once for each holder that is waited for; `since`: ISO 8601, UTC. */
  readonly onHeld?: (holder: { readonly user: string; readonly host: string }, since: string) => void;
}

export interface Leases {
  /** Throws `lease-held`. The holder has to release it. */
  acquire(channel: ChannelName, image: ImageName, request: LeaseRequest): Promise<Lease>;
}
