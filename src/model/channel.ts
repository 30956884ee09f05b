import type { AccountId, ChannelName, Region } from './ids.ts';

/** Where something is published or brought to, as a channel names it. */
export interface Target {
  /** Absent: the account of the credentials that bake runs with. */
  readonly account?: AccountId;
  /** ARN of the role to assume there; absent: the credentials as they are. */
  readonly role?: string;
  readonly region: Region;
  /**
   * How another account gets the image: `copy`, it owns a copy; `share`, it may launch ours, of which there is a copy in that
   * region then. In the own account there is always a copy.
   */
  readonly mode: 'copy' | 'share';
  /** KMS key of the target's region that the copy is encrypted with: id, `alias/…` or ARN. Absent: as the source is. */
  readonly kmsKey?: string;
}

/** Who else may launch an image: beside the targets that have it by `share`. */
export interface Sharing {
  readonly accounts: readonly AccountId[];
  /** ARNs. */
  readonly organizations: readonly string[];
  /** ARNs. */
  readonly organizationalUnits: readonly string[];
  /** Everybody. */
  readonly public: boolean;
}

export const NOT_SHARED: Sharing = { accounts: [], organizations: [], organizationalUnits: [], public: false };

/** What must be true of a version before a channel takes it. */
export interface Requirements {
  /** Channels that must hold this version. */
  readonly channels: readonly ChannelName[];
  /** A trial that passed; `within`: not older than so many seconds. */
  readonly tried?: { readonly within?: number };
  /** `bake region-config check` finds nothing wrong in the channel's targets. Of images without region config, nothing. */
  readonly regionConfig: boolean;
}

export const EXPORT_FORMATS = ['cloudformation', 'terraform', 'cdk', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Where consumers look up the current image. Patterns know `{project}`, `{image}`, `{channel}`, `{arch}`, and in `parameter` and `launchTemplate` `{region}`, `{account}`. */
export interface PointerPatterns {
  /** Name of an SSM parameter: `/acme/{channel}/{image}`. */
  readonly parameter?: string;
  /** Name of a launch template: its default version is made to have the image and its user-data. */
  readonly launchTemplate?: string;
  /** Files of the checkout: paths relative to the configuration. */
  readonly files: readonly { readonly path: string; readonly format: ExportFormat }[];
}

/** A named set of targets, with the rules of bringing an image there. */
export interface Channel {
  readonly name: ChannelName;
  readonly targets: readonly Target[];
  readonly requires: Requirements;
  /** `manual`: somebody confirms by name. */
  readonly approval: 'none' | 'manual';
  readonly sharing: Sharing;
  readonly pointers: PointerPatterns;
  /** After the source's creation; absent: images are not deprecated. */
  readonly deprecateAfterDays?: number;
  readonly deregistrationProtection: DeregistrationProtection;
  /** Seconds for one target: what is not ready then is a failure of that target. */
  readonly targetTimeLimit: number;
  /** Snapshots that are copied to one region and account at a time; EC2 allows 20. */
  readonly snapshotCopies: number;
}

export type DeregistrationProtection = 'off' | 'on' | 'with-cooldown';

/** A target whose account is known: what was written, or whom the credentials belong to. */
export interface ResolvedTarget extends Target {
  readonly account: AccountId;
}

/** `111122223333/us-east-1`. */
export type TargetId = `${string}/${string}`;
export const targetId = ({ account, region }: Pick<ResolvedTarget, 'account' | 'region'>): TargetId =>
  `${account}/${region}`;
