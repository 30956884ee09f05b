import {
  CopyImageCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Image,
  paginateDescribeImages,
  paginateDescribeSnapshots,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { tagList, tagSpecifications, tagsOf } from '../../src/aws/tags.ts';
import type { AccountId } from '../../src/model/ids.ts';
import type { Tags } from '../../src/model/image.ts';
import { TAG } from '../../src/model/tags.ts';
import { sha256 } from './builders.ts';
import type { CliResult } from './cli.ts';
import { Project } from './project.ts';
import { KEYS } from './region-config.ts';
import { formatRetiredAt } from './retired.ts';
import { runInstance } from './sandbox-images.ts';
import { type SandboxServer, until } from './sandbox-server.ts';
import { ACCOUNT, OTHER, sandboxSites } from './sites.ts';

export const [HOME, NEAR, FAR] = ['us-east-1', 'eu-west-1', 'ap-southeast-2'] as const;
export const ROLE = `arn:aws:iam::${OTHER}:role/bake-prune`;
const BUCKET = 'acme-state';
const DAY = 24 * 60 * 60 * 1000;

/** `<account>/<region>`. */
export type Where = `${string}/${string}`;
export const EVERYWHERE: readonly Where[] = [ACCOUNT, OTHER].flatMap((account) =>
  [HOME, NEAR, FAR].map((region): Where => `${account}/${region}`),
);
export const SOURCE: Where = `${ACCOUNT}/${HOME}`;

export interface Version {
  /** `api/1.0.0`. */
  readonly name: string;
  /** Days. */
  readonly age: number;
  /** Days since it was last launched. */
  readonly launched?: number;
  readonly parent?: string;
  /** Beside the source; without it, where `source` is false. */
  readonly copies?: readonly Where[];
  readonly source?: boolean;
  /** Days since it was retired. */
  readonly retired?: number;
  readonly tags?: Tags;
}

export interface Found {
  readonly imageId: string;
  readonly state: string;
  readonly deprecated: boolean;
  readonly protection: string;
  readonly shared: readonly string[];
  readonly tags: Tags;
  readonly snapshots: readonly string[];
}

/** A project with versions in three regions of two accounts, made straight through the API. */
export class PruneShop {
  readonly server: SandboxServer;
  readonly project: Project;
  readonly sites: ReturnType<typeof sandboxSites>;
  /** `api/1.0.0 <where>` → AMI id. */
  readonly ids = new Map<string, string>();
  readonly #volumes = new Map<Where, string>();

  private constructor(server: SandboxServer, project: Project) {
    this.server = server;
    this.project = project;
    this.sites = sandboxSites(server);
  }

  static async create(server: SandboxServer, settings: object, images: Readonly<Record<string, object>>) {
    const project = await Project.create({
      images,
      layers: { os: { 'files/etc/motd': 'welcome\n' } },
      settings: { state: { bucket: BUCKET }, ...settings },
    });
    const shop = new PruneShop(server, project);
    if (!('state' in settings)) {
      const { code, stderr } = await shop.run(['state', 'init', '--yes']);
      if (code !== 0) throw new Error(stderr);
    }
    // While there is no AMI of the project yet that an instance could be launched from.
    for (const where of EVERYWHERE) shop.#volumes.set(where, await newVolume(shop.ec2(where)));
    return shop;
  }

  run(args: readonly string[]): Promise<CliResult> {
    return this.project.start(args, { ...KEYS, AWS_ENDPOINT_URL: this.server.endpoint, AWS_MAX_ATTEMPTS: '2' }).ended;
  }

  ec2(where: Where): EC2Client {
    return this.#clients(where).ec2;
  }

  ssm(where: Where) {
    return this.#clients(where).ssm;
  }

  #clients(where: Where) {
    const [account = '', region = ''] = where.split('/');
    return this.sites.open(region, account as AccountId);
  }

  id(name: string, where: Where = SOURCE): string {
    const id = this.ids.get(`${name} ${where}`);
    if (id === undefined) throw new Error(`no ${name} in ${where}`);
    return id;
  }

  async add(version: Version): Promise<void> {
    const { name, copies = [], source = true, age, launched, retired } = version;
    const tags = this.#tagsOf(version);
    const amiName = `acme/${name}-x86_64`;
    if (source) this.ids.set(`${name} ${SOURCE}`, await this.register(SOURCE, amiName, tags));
    for (const where of copies) {
      const imageId =
        source && where.startsWith(ACCOUNT)
          ? await this.#copy(where, amiName, this.id(name), tags)
          : await this.register(where, amiName, tags);
      this.ids.set(`${name} ${where}`, imageId);
    }
    const ids = [...(source ? [SOURCE] : []), ...copies].map((where) => ({ where, imageId: this.id(name, where) }));
    await this.times(
      ids.map(({ imageId }) => imageId),
      age,
      launched,
    );
    if (retired === undefined) return;
    for (const { where, imageId } of ids)
      await this.tag(where, imageId, formatRetiredAt(new Date(Date.now() - retired * DAY)));
  }

  #tagsOf({ name, parent, tags }: Version): Tags {
    const [image = '', version = ''] = name.split('/');
    const all: Tags = {
      [TAG.project]: 'acme',
      [TAG.image]: image,
      [TAG.version]: version,
      [TAG.architecture]: 'x86_64',
      [TAG.fingerprint]: sha256(name),
      ...(parent === undefined ? {} : { [TAG.parent]: parent, [TAG.parentAmi]: this.id(parent) }),
      ...tags,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  }

  /** Made and last launched so many days ago. */
  async times(ids: readonly string[], age: number, launched?: number): Promise<void> {
    const at = (days: number) => new Date(Date.now() - days * DAY).toISOString();
    const times = { createdAt: at(age), launchedAt: launched === undefined ? null : at(launched) };
    await this.server.set('image-times', Object.fromEntries(ids.map((id) => [id, times])));
  }

  async tag(where: Where, imageId: string, tags: Tags): Promise<void> {
    await this.ec2(where).send(new CreateTagsCommand({ Resources: [imageId], Tags: tagList(tags) }));
  }

  /** An AMI of a snapshot of its own. */
  async register(where: Where, Name: string, tags: Tags): Promise<string> {
    const ec2 = this.ec2(where);
    const { SnapshotId } = await ec2.send(new CreateSnapshotCommand({ VolumeId: this.#volumes.get(where) }));
    const command = new RegisterImageCommand({
      Name,
      Architecture: 'x86_64',
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
      ...(Object.keys(tags).length === 0 ? {} : { TagSpecifications: tagSpecifications(tags, 'image') }),
    });
    return (await ec2.send(command)).ImageId ?? '';
  }

  async #copy(where: Where, Name: string, SourceImageId: string, tags: Tags): Promise<string> {
    const ec2 = this.ec2(where);
    const TagSpecifications = tagSpecifications(tags, 'image', 'snapshot');
    const command = new CopyImageCommand({ Name, SourceImageId, SourceRegion: HOME, TagSpecifications });
    const { ImageId = '' } = await ec2.send(command);
    await until(async () => {
      const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
      return Images[0]?.State === 'available';
    }, 20_000);
    return ImageId;
  }

  /** What promotions have written down: versions of `api`, newest first. */
  async holds(...names: readonly string[]): Promise<void> {
    const moves = names.map((name, place) => ({
      imageVersion: name.split('/')[1],
      action: 'promote',
      amis: { x86_64: this.id(name) },
      at: new Date(Date.now() - place * DAY).toISOString(),
      by: 'somebody',
      run: `${place}`,
      finished: true,
    }));
    await this.put('channels/prod/api.json', { version: 1, channel: 'prod', image: 'api', moves });
  }

  /** An object of the state bucket. */
  async put(Key: string, document: object): Promise<void> {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const s3 = new S3Client({ region: HOME, endpoint: this.server.endpoint, credentials, forcePathStyle: true });
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: JSON.stringify(document) }));
    s3.destroy();
  }

  /** Every AMI that was made and is still there, by name and place; snapshots that are there. */
  async world(): Promise<ReadonlyMap<string, Found>> {
    const world = new Map<string, Found>();
    for (const where of EVERYWHERE) {
      const ec2 = this.ec2(where);
      const query = { Owners: ['self'], IncludeDeprecated: true, IncludeDisabled: true };
      const there = new Set(await snapshotsIn(ec2));
      const images: Image[] = [];
      for await (const { Images = [] } of paginateDescribeImages({ client: ec2 }, query)) images.push(...Images);
      for (const { ImageId = '', Name = '', State = '', DeprecationTime, Tags, ...image } of images) {
        const attribute = { ImageId, Attribute: 'launchPermission' as const };
        const { LaunchPermissions = [] } = await ec2.send(new DescribeImageAttributeCommand(attribute));
        const snapshots = (image.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.SnapshotId ?? '');
        world.set(`${Name.replace('acme/', '').replace('-x86_64', '')} ${where}`, {
          imageId: ImageId,
          state: State,
          deprecated: DeprecationTime !== undefined,
          protection: image.DeregistrationProtection ?? '',
          // EC2 keeps no order.
          shared: LaunchPermissions.map(({ UserId, Group = '' }) => UserId ?? Group).toSorted(),
          tags: tagsOf(Tags),
          snapshots: snapshots.filter((id) => there.has(id)),
        });
      }
    }
    return world;
  }

  /** Whether any of these snapshots is left anywhere. */
  async left(snapshots: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(EVERYWHERE.map((where) => snapshotsIn(this.ec2(where))));
    return found.flat().filter((id) => snapshots.includes(id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.sites.close();
    await this.project[Symbol.asyncDispose]();
  }
}

/** Of an instance that nothing else is made of. */
async function newVolume(ec2: EC2Client): Promise<string> {
  const id = await runInstance(ec2);
  const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
  return (await ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes?.[0]?.VolumeId ?? '';
}

async function snapshotsIn(client: EC2Client): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { Snapshots = [] } of paginateDescribeSnapshots({ client }, { OwnerIds: ['self'] }))
    found.push(...Snapshots.flatMap(({ SnapshotId }) => SnapshotId ?? []));
  return found;
}
