import type { Artifact } from './artifact.ts';
import type { Channel } from './channel.ts';
import type { CiSettings } from './ci.ts';
import type {
  AccountId,
  AmiId,
  Architecture,
  ChannelName,
  Digest,
  ImageName,
  LayerName,
  ProjectName,
  Region,
} from './ids.ts';
import type { Keep } from './keep.ts';
import type { Prices } from './prices.ts';
import type { RegionConfig } from './region-config.ts';
import type { SecretSource } from './secret.ts';
import type { StateSettings } from './state.ts';
import type { Volume } from './volume.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Variables = Readonly<Record<string, Json>>;
export type Tags = Readonly<Record<string, string>>;

/** How a source AMI is named in the configuration. The owner is always checked. */
export type SourceAmi =
  | { readonly by: 'alias'; readonly alias: string }
  | { readonly by: 'parameter'; readonly parameter: string; readonly owner: AccountId | 'amazon' | 'self' }
  | { readonly by: 'filter'; readonly name: string; readonly owner: AccountId | 'amazon' | 'self' }
  | { readonly by: 'id'; readonly id: AmiId; readonly owner: AccountId | 'amazon' | 'self' };

export type VolumeType = 'gp2' | 'gp3' | 'io1' | 'io2' | 'standard';

export interface RootVolume {
  /** GiB; absent: as large as the parent's. */
  readonly sizeGiB?: number;
  readonly type: VolumeType;
  /** Required for io1 and io2; gp3 has 3,000 otherwise. */
  readonly iops?: number;
  /** MiB/s, gp3 only; 125 otherwise. */
  readonly throughput?: number;
  /** Absent: as the account's default says. */
  readonly encrypted?: boolean;
  /** KMS key id, alias or ARN; implies `encrypted`. */
  readonly kmsKey?: string;
}

/** The state of the distribution's archive that packages are installed from, on builders and on clones. */
export type PackagePin =
  /** Amazon Linux: a release of its repositories. */
  | { readonly release: string }
  /** Debian and Ubuntu: a moment of a snapshot archive; its address, where it is not the distribution's own. */
  | { readonly snapshot: string; readonly mirror?: string };

export interface Network {
  readonly vpc?: string;
  /** In the order in which they are tried; none: the default VPC's. */
  readonly subnets: readonly string[];
  readonly publicAddress: boolean;
  /** Who may reach the builder's SSH port; `auto`: this machine's own public address. */
  readonly allowedCidrs: 'auto' | readonly string[];
}

/** Seconds. */
export interface TimeLimits {
  readonly connect: number;
  readonly bake: number;
  readonly snapshot: number;
}

export interface BuildSettings {
  readonly region: Region;
  readonly network: Network;
  /** In the order in which they are tried; at least one. */
  readonly instanceTypes: Readonly<Record<Architecture, readonly string[]>>;
  /** Builders are spot instances, where there are any. */
  readonly spot: boolean;
  readonly communicator: 'ssh' | 'session-manager';
  readonly instanceProfile?: string;
  /** Login user on builders and on machines under trial. */
  readonly sshUser: string;
  readonly timeLimits: TimeLimits;
}

/** How often an image is baked again although no input of it has changed. */
export type RefreshPeriod = 'daily' | 'weekly' | 'monthly';

export type Origin =
  | { readonly kind: 'base'; readonly source: SourceAmi }
  | { readonly kind: 'service'; readonly parent: ImageName };

/** A node of the hierarchy, with everything inherited already merged in. */
export interface Image {
  readonly name: ImageName;
  readonly origin: Origin;
  readonly architectures: readonly Architecture[];
  readonly layers: readonly LayerName[];
  readonly variables: Variables;
  /** Its own, in the order in which they are laid; absent: none. */
  readonly artifacts?: readonly Artifact[];
  readonly tags: Tags;
  readonly rootVolume: RootVolume;
  /** Beside the root, the parent's among them; absent: none. */
  readonly volumes?: readonly Volume[];
  /** Absent: whatever the archive has on the day of the bake. */
  readonly packages?: PackagePin;
  /** Absent: never. Its own: what stands on it follows it anyway. */
  readonly refresh?: RefreshPeriod;
  /** Given to the scripts of this image while it is baked, by name. Not inherited. */
  readonly secrets?: Readonly<Record<string, SecretSource>>;
  readonly build: BuildSettings;
  /** Values and sources in it decide nothing about the image: instances fetch them when they boot. */
  readonly regionConfig?: RegionConfig;
  /** Absent: no version of it is ever retired. */
  readonly keep?: Keep;
}

/** By which its instances may do what they do; undefined: by none. */
export const instanceProfileOf = ({ regionConfig, build }: Image): string | undefined =>
  regionConfig?.instanceProfile ?? build.instanceProfile;

/** A disk image of the user's that stands for a source alias in the sandbox. */
export interface SandboxImage {
  /** `file`: an absolute path. `url`: http or https. */
  readonly from: { readonly file: string } | { readonly url: string };
  readonly checksum?: { readonly algorithm: 'sha256' | 'sha512'; readonly checksum: string };
  /** The login user that it creates, where that is not the alias's. */
  readonly sshUser?: string;
}

/** How much may be baked at once; absent: as much as `parallel` lets. */
export interface Limits {
  /** Builders: each is a Packer on this machine, and vCPUs of the account's quota. */
  readonly parallel: number;
  readonly base?: number;
  readonly service?: number;
  /** Of all builders together. */
  readonly vcpus?: number;
}

/** The resolved configuration: what was written, with defaults and inheritance applied. */
export interface Config {
  /** Absolute path of the file it came from. */
  readonly file: string;
  /** Absolute path of the folder that holds it; relative paths in it start here. */
  readonly root: string;
  readonly project: ProjectName;
  readonly region: Region;
  /** Pattern with `{n}` and optionally `{yyyy}`, `{mm}`, `{dd}` (UTC). */
  readonly versionScheme: string;
  readonly limits: Limits;
  /** Absolute. */
  readonly layersDir: string;
  /** Absolute; a file here replaces ours of the same relative name. */
  readonly templatesDir?: string;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  /** Absent: there is no state bucket. */
  readonly state?: StateSettings;
  /** Absent: the defaults. */
  readonly ci?: CiSettings;
  readonly images: ReadonlyMap<ImageName, Image>;
  /** Go before our own when a promotion is estimated. */
  readonly prices?: Prices;
  /** By source alias. */
  readonly sandboxImages: ReadonlyMap<string, SandboxImage>;
  readonly layers: ReadonlyMap<LayerName, Layer>;
}

/** One entry of a layer's `files/`. */
export interface LayerFile {
  /** Absolute path on the machine. */
  readonly path: string;
  /** Path inside the layer folder, with `/`: `files/etc/motd.hbs`. */
  readonly source: string;
  readonly type: 'file' | 'symlink';
  /** Four octal digits. `0644` or `0755` (from the executable bit) unless `layer.yaml` says otherwise. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** A Handlebars template, rendered with the image's variables. */
  readonly template: boolean;
  /** sha256 of the content as it is in the layer, or of the link's target. */
  readonly digest: Digest;
  /** For a symlink. */
  readonly target?: string;
}

export type LayerStep =
  | {
      readonly kind: 'script';
      /** Path inside the layer folder: `scripts/10-packages.sh`. */
      readonly source: string;
      readonly template: boolean;
      readonly digest: Digest;
    }
  | { readonly kind: 'reboot' }
  | AnsibleStep
  | PackerStep;

/** A playbook, run from this machine by Packer's provisioner of that name. */
export interface AnsibleStep {
  readonly kind: 'ansible';
  /** Path inside the layer folder: `ansible/site.yml`. */
  readonly playbook: string;
  /** Of roles and collections that are fetched first: `ansible/requirements.yml`. */
  readonly requirements?: string;
  /** Beside the image's variables; Ansible evaluates expressions in them. */
  readonly extraVars: Variables;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** Of the inventory, that the machine is in. */
  readonly groups: readonly string[];
}

/** Provisioners as somebody has written them for Packer. */
export interface PackerStep {
  readonly kind: 'packer';
  /** Path inside the layer folder: `packer/legacy.pkr.hcl`. */
  readonly source: string;
  /** What is written there. */
  readonly hcl: string;
  /** `file`, `shell`, `ansible` …, each once. */
  readonly provisioners: readonly string[];
}

/** A file of `ansible/` or `packer/` of a layer, which Packer's provisioners read on this machine. */
export interface ProvisionerFile {
  /** Path inside the layer folder: `ansible/roles/web/tasks/main.yml`. */
  readonly source: string;
  readonly executable: boolean;
  readonly digest: Digest;
}

/** A file below `test/` of a layer: run on a machine under trial when it is in the folder itself, else data for those. */
export interface LayerTestFile {
  /** Path inside the layer folder: `test/10-healthz`. */
  readonly source: string;
  readonly isTest: boolean;
  readonly digest: Digest;
}

/** A file of `user-data/` of a layer: a part of the user-data of the images that have the layer. */
export interface LayerUserDataFile {
  /** Path inside the layer folder: `user-data/10-swap.yaml`. */
  readonly source: string;
  readonly digest: Digest;
}

/** A finding of `bake check` that the layer's owner has looked at and lets stand. */
export interface Acceptance {
  readonly rule: string;
  /** Glob over paths of the machine or of the layer folder; absent: wherever in the layer. */
  readonly path?: string;
  readonly reason: string;
  /** In `layer.yaml`, from 1. */
  readonly line: number;
}

/** Whether Packer starts Ansible for it on this machine. */
export const usesAnsible = ({ steps }: Layer): boolean =>
  steps.some((step) => step.kind === 'ansible' || (step.kind === 'packer' && step.provisioners.includes('ansible')));

/** A layer folder as read from disk. Nothing here depends on mtimes, umask or where the checkout is. */
export interface Layer {
  readonly name: LayerName;
  /** Absolute. */
  readonly dir: string;
  readonly description: string;
  readonly files: readonly LayerFile[];
  readonly steps: readonly LayerStep[];
  readonly provisionerFiles: readonly ProvisionerFile[];
  /** No part of the fingerprint: they decide nothing about the image. */
  readonly tests: readonly LayerTestFile[];
  /** No part of the fingerprint either. */
  readonly userData: readonly LayerUserDataFile[];
  /** Nor are these. */
  readonly accept: readonly Acceptance[];
}
