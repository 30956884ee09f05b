import * as z from 'zod';
import { ARCHITECTURES, NAME_RULE, parseProjectName } from '../model/ids.ts';
import { artifact } from './artifact-schema.ts';
import { channel } from './channel-schema.ts';
import { ci } from './ci-schema.ts';
import { keep } from './keep-schema.ts';
import { regionConfig } from './region-config-schema.ts';
import { duration, instanceProfile, kmsKey, region, text, variables } from './schema-parts.ts';
import { secrets } from './secrets-schema.ts';
import { isSnapshotTime } from './snapshot-time.ts';
import { state } from './state-schema.ts';
import { volumes } from './volume-schema.ts';

const project = z
  .string()
  .refine((value) => parseProjectName(value) !== undefined, `is not a project name; names are ${NAME_RULE}`);

const instanceType = text(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'an instance type such as t3.small');

const oneOrMore = <T extends z.ZodType<string>>(one: T) =>
  z.union([one, z.array(one).min(1, 'is empty; leave it out or name one').readonly()]);

const sshUser = text(/^[a-z_][a-z0-9_-]{0,31}$/, 'a login name');

const tags = z.record(z.string(), z.string());

const network = z.strictObject({
  /** Absent: the region's default VPC. */
  vpc: text(/^vpc-[0-9a-f]{8,17}$/, 'a VPC id such as vpc-0123456789abcdef0').optional(),
  /** More than one: tried in turn where EC2 has no room. */
  subnet: oneOrMore(text(/^subnet-[0-9a-f]{8,17}$/, 'a subnet id such as subnet-0123456789abcdef0')).optional(),
  publicAddress: z.boolean().optional(),
  /** Who may reach the builder's SSH port; `auto`: this machine's own public address. */
  allowedCidrs: z
    .union([z.literal('auto'), z.array(z.string()).readonly()], {
      error: "is neither 'auto' nor a list of CIDR blocks",
    })
    .optional(),
});

/** `'90s'`, `'5m'`, `'2h'` or seconds. */
const timeLimits = z.strictObject({
  /** From launch to the first login. */
  connect: duration.optional(),
  /** All layers together. */
  bake: duration.optional(),
  /** From CreateImage until the AMI is available. */
  snapshot: duration.optional(),
});

const build = z.strictObject({
  /** More than one: tried in turn where EC2 has no room. */
  instanceTypes: z
    .strictObject({ x86_64: oneOrMore(instanceType).optional(), arm64: oneOrMore(instanceType).optional() })
    .optional(),
  /** Builders are spot instances. */
  spot: z.boolean().optional(),
  communicator: z.enum(['ssh', 'session-manager']).optional(),
  /** Name of the instance profile of builders; required by `session-manager`. */
  instanceProfile: instanceProfile.optional(),
  /** Login user on builders; absent: the source alias's. */
  sshUser: sshUser.optional(),
  network: network.optional(),
  timeLimits: timeLimits.optional(),
});

const rootVolume = z.strictObject({
  /** Absent: as large as the parent's. */
  sizeGiB: z.int('is not a whole number of GiB').optional(),
  type: z.enum(['gp3', 'gp2', 'io1', 'io2', 'standard']).optional(),
  /** Required for io1 and io2. */
  iops: z.int('is not a whole number').optional(),
  /** MiB/s; gp3 only. */
  throughput: z.int('is not a whole number of MiB/s').optional(),
  /** Absent: as the account's default says. */
  encrypted: z.boolean().optional(),
  /** KMS key id, `alias/…` or ARN; implies `encrypted`. */
  kmsKey: kmsKey.optional(),
});

const owner = text(/^(?:\d{12}|amazon|self)$/, "an owner: twelve digits in quotes, 'amazon' or 'self'");

/** A source AMI that is not one of the aliases: exactly one of `parameter`, `name`, `id`. */
const sourceByOwner = z.strictObject({
  owner,
  /** SSM parameter that holds the AMI's id. */
  parameter: text(/^[\w./-]{1,1011}$/, 'the name of an SSM parameter').optional(),
  /** AMI name with `*` and `?`; the newest match in the architecture is taken. */
  name: text(/^[\w ()[\]./'@*?-]{3,128}$/, 'an AMI name, with * and ? as wildcards').optional(),
  id: text(/^ami-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, 'an AMI id such as ami-0123456789abcdef0').optional(),
});

/** Where packages come from, on builders and on clones: `release` for Amazon Linux, `snapshot` for Debian and Ubuntu. */
const packages = z.strictObject({
  /** Release of the repositories: `2023.6.20250101`. */
  release: text(/^\d{1,4}(?:\.\d{1,8}){0,3}$/, 'a release such as 2023.6.20250101').optional(),
  /** A moment of the snapshot archive, in UTC: `20261101T000000Z`. */
  snapshot: z.string().refine(isSnapshotTime, 'is not a moment in UTC such as 20261101T000000Z').optional(),
  /** Absent: the distribution's own snapshot archive. Users and passwords would be readable on every clone. */
  mirror: text(
    /^https?:\/\/[\w.-]+(?::\d{1,5})?(?:\/[\w.~-]+)*$/,
    'the address of a snapshot archive such as https://snapshots.example.com, without a slash at its end',
  ).optional(),
});

/** Security updates arrive without any input changing: when the image is baked again because of the date alone. */
const refresh = z.enum(['daily', 'weekly', 'monthly', 'never']);
const atOnce = z.int('is not a whole number').min(1, 'is less than one');

const limits = z.strictObject({
  /** Builders at once; `--parallel` goes before it. */
  parallel: atOnce.optional(),
  /** Of those, base images and service images. */
  base: atOnce.optional(),
  service: atOnce.optional(),
  /** vCPUs of all builders together, as the account's quota has them. */
  vcpus: atOnce.optional(),
});

const image = z.strictObject({
  /** A base image starts from a source AMI: an alias, or where to find it and who owns it. */
  source: z
    .union([z.string(), sourceByOwner], { error: 'is neither an alias nor { owner, parameter | name | id }' })
    .optional(),
  /** A service image starts from another image. */
  parent: z.string().optional(),
  /** Applied in this order, after the parent's. */
  layers: z.array(z.string()).readonly().optional(),
  architectures: z.array(z.enum(ARCHITECTURES)).min(1, 'is empty; leave it out or name one').readonly().optional(),
  variables: variables.optional(),
  /** Files that are made elsewhere, by name; laid in this image alone. */
  artifacts: z.record(z.string(), artifact).optional(),
  tags: tags.optional(),
  rootVolume: rootVolume.optional(),
  /** Data volumes beside the root, by name. */
  volumes: volumes.optional(),
  packages: packages.optional(),
  refresh: refresh.optional(),
  /** For this image's own scripts; not inherited. */
  secrets: secrets.optional(),
  build: build.optional(),
  regionConfig: regionConfig.optional(),
  /** Absent: no version is ever retired. */
  keep: keep.optional(),
});

const checksum = (digits: number) =>
  text(new RegExp(`^[0-9a-fA-F]{${digits}}$`), `a checksum of ${digits} hexadecimal digits`);

/** A disk image for the sandbox: exactly one of `file` and `url`; a URL needs a checksum. */
const sandboxImage = z.strictObject({
  file: z.string().min(1, 'is empty').optional(),
  url: text(/^https?:\/\/\S+$/, 'an http or https URL').optional(),
  sha256: checksum(64).optional(),
  sha512: checksum(128).optional(),
  /** Login user that the image creates; absent: the source alias's. */
  sshUser: sshUser.optional(),
});

const sandbox = z.strictObject({
  /** By source alias. */
  images: z
    .record(
      z.string(),
      z.union([z.string().min(1), sandboxImage], { error: 'is neither a path nor { file | url, sha256 | sha512 }' }),
    )
    .optional(),
});

/** What may be written in `bake.config.ts`. Settings beside `images` are every image's defaults. */
export const writtenSchema = z.strictObject({
  project,
  /** Region that images are baked in. */
  region,
  build: build.optional(),
  rootVolume: rootVolume.optional(),
  tags: tags.optional(),
  /** `{n}` counts up; `{yyyy}`, `{mm}`, `{dd}` are the UTC date. */
  version: z.string().optional(),
  /** Folder of the layers. */
  layers: z.string().min(1, 'is empty').optional(),
  /** Folder of templates that replace ours of the same name. */
  templates: z.string().min(1, 'is empty').optional(),
  variables: variables.optional(),
  channels: z.record(z.string(), channel).optional(),
  /** Absent: records stay on this machine, and nobody is kept from promoting at the same time. */
  state: state.optional(),
  images: z.record(z.string(), image),
  /** Of base images: what stands on them follows them. */
  refresh: refresh.optional(),
  keep: keep.optional(),
  /** File of prices that estimates use. */
  prices: z.string().min(1, 'is empty').optional(),
  /** What `bake ci` makes pipelines with. */
  ci: ci.optional(),
  /** How much is baked at once on AWS. */
  limits: limits.optional(),
  /** What the sandbox is like; nothing here has a meaning on AWS. */
  sandbox: sandbox.optional(),
});

export type WrittenConfig = z.input<typeof writtenSchema>;
export type WrittenImage = z.input<typeof image>;
export type WrittenBuild = z.input<typeof build>;
export type WrittenPackages = z.input<typeof packages>;
export type WrittenRootVolume = z.input<typeof rootVolume>;
export type WrittenSandboxImage = NonNullable<NonNullable<WrittenConfig['sandbox']>['images']>[string];
export type WrittenChannels = NonNullable<WrittenConfig['channels']>;
export type WrittenSource = NonNullable<WrittenImage['source']>;
