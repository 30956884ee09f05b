import type { Artifact, ArtifactFault } from '../model/artifact.ts';
import type { Stage } from '../model/events.ts';
import type { Leaked, Protection, Regional, Unclean, Unpinned, Unprotected } from '../model/guarded.ts';
import type { AmiId, Architecture, Digest, Fingerprint, ImageName, ProjectName, RunId } from '../model/ids.ts';
import type { Json, Tags } from '../model/image.ts';
import type { KnownImage } from '../model/known-image.ts';
import type { BakeRecord } from '../model/record.ts';
import type { Reservation } from '../model/reservation.ts';

/** AMIs of ours in the build region. */
export interface Images {
  /** Every AMI of the project, or of one image of it, that this account owns, in any state, newest first. */
  list(project: ProjectName, image?: ImageName): Promise<readonly KnownImage[]>;
  /** Versions by image in tags of AMIs of any name, which copies and restored AMIs may have. */
  taggedVersions(project: ProjectName): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Tags images, snapshots or anything else with an id; repeating it is harmless. */
  tag(resourceIds: readonly string[], tags: Tags): Promise<void>;
  /** Takes tags off by key, whatever they say; those that are not there are no error. */
  untag(resourceIds: readonly string[], keys: readonly string[]): Promise<void>;
  /** Makes IMDSv2 the default of every instance launched from the image. Irreversible, repeatable. */
  requireImdsV2(imageId: AmiId): Promise<void>;
  /** The snapshots behind an AMI. Throws `image-not-found`. */
  snapshotsOf(imageId: AmiId): Promise<readonly string[]>;
}

/** What a snapshot in the build region is like. */
export interface SnapshotFacts {
  readonly sizeGiB: number;
  /** EC2's word: `completed`, `pending`, `error` … */
  readonly state: string;
}

/** Snapshots in the build region that volumes start from. */
export interface Snapshots {
  /** By id, of those that are there and may be seen. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, SnapshotFacts>>;
}

/** What stands around one bake: the key pair that is also the reservation, the security group, the leftovers. */
export interface Builders {
  /** Creates the key pair, tagged in the same call; undefined when the name is taken. */
  reserve(name: string, tags: Tags): Promise<{ readonly id: string; readonly privateKey: string } | undefined>;
  /** What all runs have reserved in the project. */
  reservations(project: ProjectName): Promise<readonly Reservation[]>;
  /** Writes over tags of reservations, by their ids, in one call. Throws when one of them is gone. */
  renew(ids: readonly string[], tags: Tags): Promise<void>;
  /** Gives the reservation back. Not an error when it is gone. */
  release(keyPairName: string): Promise<void>;
  /** A tagged group that lets the given CIDRs reach the port; `none` needs no rule at all. Returns its id. */
  createSecurityGroup(request: SecurityGroupRequest): Promise<string>;
  /**
   * Removes whatever of a run is left, found by its run tag and, for what Packer leaves untagged, by the AMI's name:
   * instances (waited for), volumes, security groups, key pairs, the unfinished AMI and its snapshots.
   * Returns what was removed, as `instance i-…`.
   */
  removeLeftovers(leftovers: Leftovers): Promise<readonly string[]>;
  /** Builders of one bake that still exist, for a person who wants to look at one. */
  instancesOf(
    bake: BuilderOwner,
  ): Promise<readonly { readonly instanceId: string; readonly address: string | undefined }[]>;
  /** Why EC2 itself has ended the bake's last builder, as in `Server.SpotInstanceTermination`; undefined: it has not. */
  endOf(bake: BuilderOwner): Promise<string | undefined>;
}

export interface SecurityGroupRequest {
  readonly name: string;
  readonly description: string;
  readonly vpc?: string | undefined;
  readonly subnet?: string | undefined;
  readonly port: number;
  readonly cidrs: readonly string[];
  readonly tags: Tags;
}

/** Whose builders, groups and keys: what the run tags tell apart. */
export interface BuilderOwner {
  readonly run: RunId;
  readonly image: ImageName;
  readonly architecture: Architecture;
}

export interface Leftovers extends BuilderOwner {
  /** Name of the AMI that the run would have made, when it had reserved one. */
  readonly amiName?: string | undefined;
  /** An instance may have been asked for that EC2 does not list yet: it is looked for again for some seconds. */
  readonly launching?: boolean;
  /** The same of the AMI. */
  readonly copying?: boolean;
  /** The same version is tried again: its key pair stays. */
  readonly keepReservation?: boolean;
  /** Of a good bake: what is left besides is gone with its instance. */
  readonly known?: { readonly securityGroup: string; readonly keyPair: string } | undefined;
}

export interface PackerRequest {
  /** Folder with the rendered template. */
  readonly dir: string;
  readonly variables: Readonly<Record<string, Json>>;
  /** Credentials, endpoint and the like; never in arguments, which every process of the machine can read. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the manifest post-processor writes; read for the AMI id. */
  readonly manifest: string;
  readonly keepOnError: boolean;
  readonly signal: AbortSignal;
  readonly onMessage: (message: PackerMessage) => void;
}

/** One line that Packer, or something on the builder, has printed. */
export interface PackerMessage {
  readonly kind: 'say' | 'message' | 'error';
  readonly text: string;
  /** What it says about how far the bake has come. */
  readonly progress?: Progress;
  /** A line of our own protocol, not for people. */
  readonly internal?: boolean;
}

export type Progress =
  | { readonly kind: 'stage'; readonly stage: Exclude<Stage['name'], 'layer'> }
  | { readonly kind: 'step-started'; readonly number: number }
  | { readonly kind: 'step-done'; readonly number: number }
  | { readonly kind: 'step-failed'; readonly number: number; readonly exitCode: number }
  | { readonly kind: 'protected'; readonly protection: Protection }
  | { readonly kind: 'unprotected'; readonly unprotected: Unprotected }
  | { readonly kind: 'unclean'; readonly unclean: Unclean }
  | { readonly kind: 'leaked'; readonly leaked: Leaked }
  | { readonly kind: 'unpinned'; readonly unpinned: Unpinned }
  /** A source of packages of somebody else, which a pin does not reach. */
  | { readonly kind: 'elsewhere'; readonly source: string }
  | { readonly kind: 'regional'; readonly regional: Regional }
  /** An artefact, by its place in the image's list from 1, that could not be laid. */
  | { readonly kind: 'artifact-not-laid'; readonly number: number; readonly why: ArtifactFault }
  /** cloud-init was not done after so many seconds. */
  | { readonly kind: 'cloud-init-unfinished'; readonly seconds: number };

export type PackerOutcome =
  | { readonly status: 'done'; readonly imageId: AmiId }
  | {
      readonly status: 'failed';
      readonly exitCode: number | undefined;
      /** How the process ended. */
      readonly reason: string;
      /** Packer's own verdict first, where it gave one, then the last errors that were printed on the way. */
      readonly errors: readonly string[];
    }
  | { readonly status: 'cancelled' };

export interface Packer {
  /** Runs one build. Cancelling the signal asks Packer to clean up and waits for it, within limits. */
  build(request: PackerRequest): Promise<PackerOutcome>;
}

export interface Clock {
  now(): Date;
  /** Resolves after so many milliseconds, rejects with the signal's reason when it is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Content of artefacts, wherever it is. */
export interface Artifacts {
  /** Of what it is now; read only where `sha256` does not say. Throws `artifact-missing`, `artifact-unusable`. */
  digestOf(artifact: Artifact): Promise<Digest>;
  /** A file of this machine that holds it, fetched where need be. Throws the same, and `artifact-digest`. */
  fileOf(artifact: Artifact): Promise<string>;
}

/** Records of earlier bakes, as far as they can be had. */
export interface Records {
  /** Keeps the record of a finished bake. */
  save(imageId: AmiId, fingerprint: Fingerprint, record: string): Promise<void>;
  /** The record of an image. */
  read(imageId: AmiId, fingerprint: Fingerprint): Promise<BakeRecord | undefined>;
  /** An image that was once baked with this fingerprint. */
  bakedWith(fingerprint: Fingerprint): Promise<{ readonly imageId: string; readonly version: string } | undefined>;
}

/** Where records are, by `<fingerprint>/<image id>`. */
export interface RecordStore {
  /** Those of one fingerprint, or all. */
  names(fingerprint?: Fingerprint): Promise<readonly string[]>;
  read(name: string): Promise<string | undefined>;
  write(name: string, record: string): Promise<void>;
}

/** The value of a secret, or why there is none that can be used: `does not exist`. */
export type SecretRead = { readonly value: string } | { readonly problem: string };

/** Where secrets are kept, in the build region. */
export interface SecretStores {
  parameter(name: string): Promise<SecretRead>;
  secret(id: string): Promise<SecretRead>;
}

/** A file that takes lines, secrets masked. */
export interface LogFile {
  readonly path: string;
  line(text: string): void;
  close(): Promise<void>;
}
