import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSnapshotAttributeCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  type Image,
  type Snapshot,
  type Tag,
} from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { AwsKeys } from './sandbox-server.ts';

/** Clients of tests, which share nothing with those of bake. */
export class WorldClients {
  readonly endpoint: string;
  readonly keys: Readonly<Record<string, AwsKeys>>;
  readonly s3: S3Client;
  readonly #opened = new Map<string, { readonly ec2: EC2Client; readonly ssm: SSMClient }>();

  constructor(endpoint: string, keys: Readonly<Record<string, AwsKeys>>) {
    this.endpoint = endpoint;
    this.keys = keys;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    this.s3 = new S3Client({ region: 'us-east-1', endpoint, credentials, forcePathStyle: true });
  }

  ec2(account: string, region: string): EC2Client {
    return this.#at(account, region).ec2;
  }

  ssm(account: string, region: string): SSMClient {
    return this.#at(account, region).ssm;
  }

  #at(account: string, region: string) {
    const id = `${account}/${region}`;
    const credentials = this.keys[account];
    if (credentials === undefined) throw new Error(`no keys of ${account}`);
    const settings = { region, endpoint: this.endpoint, credentials };
    const there = this.#opened.get(id) ?? { ec2: new EC2Client(settings), ssm: new SSMClient(settings) };
    this.#opened.set(id, there);
    return there;
  }

  close(): void {
    for (const { ec2, ssm } of this.#opened.values()) for (const client of [ec2, ssm]) client.destroy();
    this.s3.destroy();
  }
}

export interface WorldSnapshot {
  readonly state: string;
  readonly encrypted: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly mayCreateVolumes: readonly string[];
}

export interface WorldImage {
  readonly imageId: string;
  /** `<account>/<region>`. */
  readonly site: string;
  readonly name: string;
  readonly state: string;
  readonly createdAt: string;
  readonly copyOf: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly mayLaunch: readonly string[];
  readonly deprecateAt: string | undefined;
  readonly protection: string | undefined;
  readonly snapshots: readonly WorldSnapshot[];
}

export interface WorldPointer {
  readonly site: string;
  readonly name: string;
  readonly imageId: string;
  readonly version: number;
  /** Versions that there are. */
  readonly versions: number;
  /** State of the image as the account sees it there; undefined: not at all. */
  readonly sees: string | undefined;
}

/** Everything that a promotion touches, in all accounts and regions. */
export interface World {
  readonly images: readonly WorldImage[];
  /** Snapshots that no image has. */
  readonly orphans: readonly string[];
  readonly pointers: readonly WorldPointer[];
  readonly channel: unknown;
}

interface Place {
  readonly account: string;
  readonly region: string;
}

/** Of all regions of all accounts that targets name. */
export async function readWorld(
  clients: WorldClients,
  targets: readonly Place[],
  channel: () => Promise<unknown>,
): Promise<World> {
  const accounts = [...new Set(targets.map(({ account }) => account))];
  const regions = [...new Set(targets.map(({ region }) => region))];
  const sites = accounts.flatMap((account) => regions.map((region) => ({ account, region })));
  const found = await Promise.all(sites.map(({ account, region }) => imagesAt(clients, account, region)));
  const pointers = await Promise.all(targets.map(({ account, region }) => pointersAt(clients, account, region)));
  return {
    images: found.flatMap(({ images }) => images),
    orphans: found.flatMap(({ orphans }) => orphans),
    pointers: pointers.flat(),
    channel: await channel(),
  };
}

async function imagesAt(clients: WorldClients, account: string, region: string) {
  const ec2 = clients.ec2(account, region);
  const query = { Owners: ['self'], IncludeDeprecated: true, IncludeDisabled: true };
  const [{ Images = [] }, { Snapshots = [] }] = await Promise.all([
    ec2.send(new DescribeImagesCommand(query)),
    ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] })),
  ]);
  const site = `${account}/${region}`;
  const byId = new Map(Snapshots.map((snapshot) => [snapshot.SnapshotId ?? '', snapshot]));
  const images = await Promise.all(Images.map((image) => worldImage(ec2, site, image, byId)));
  const used = new Set(Images.flatMap(snapshotsIn));
  return { images, orphans: [...byId.keys()].filter((id) => !used.has(id)).map((id) => `${site} ${id}`) };
}

const snapshotsIn = ({ BlockDeviceMappings = [] }: Image): readonly string[] =>
  BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);

const tagsOf = (tags: readonly Tag[] = []): Readonly<Record<string, string>> =>
  Object.fromEntries(
    tags.map(({ Key = '', Value = '' }) => [Key, Value] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

async function worldImage(
  ec2: EC2Client,
  site: string,
  image: Image,
  snapshots: ReadonlyMap<string, Snapshot>,
): Promise<WorldImage> {
  const { ImageId = '', Name = '', State = '', SourceImageId, SourceImageRegion } = image;
  const { LaunchPermissions = [] } = await ec2.send(
    new DescribeImageAttributeCommand({ ImageId, Attribute: 'launchPermission' }),
  );
  return {
    imageId: ImageId,
    site,
    name: Name,
    state: State,
    createdAt: image.CreationDate ?? '',
    copyOf: SourceImageId === undefined ? undefined : `${SourceImageId} ${SourceImageRegion}`,
    tags: tagsOf(image.Tags),
    mayLaunch: LaunchPermissions.map(({ UserId, Group }) => UserId ?? Group ?? '').toSorted(),
    deprecateAt: image.DeprecationTime,
    protection: image.DeregistrationProtection,
    snapshots: await Promise.all(snapshotsIn(image).map((id) => worldSnapshot(ec2, snapshots.get(id), id))),
  };
}

async function worldSnapshot(ec2: EC2Client, snapshot: Snapshot | undefined, id: string): Promise<WorldSnapshot> {
  if (snapshot === undefined) throw new Error(`${id} is gone, and its image is there`);
  const query = { SnapshotId: id, Attribute: 'createVolumePermission' } as const;
  const { CreateVolumePermissions = [] } = await ec2.send(new DescribeSnapshotAttributeCommand(query));
  return {
    state: snapshot.State ?? '',
    encrypted: snapshot.Encrypted === true,
    tags: tagsOf(snapshot.Tags),
    mayCreateVolumes: CreateVolumePermissions.map(({ UserId, Group }) => UserId ?? Group ?? '').toSorted(),
  };
}

async function pointersAt(clients: WorldClients, account: string, region: string): Promise<readonly WorldPointer[]> {
  const ec2 = clients.ec2(account, region);
  const site = `${account}/${region}`;
  const [{ Parameters = [] }, { LaunchTemplateVersions = [] }] = await Promise.all([
    clients.ssm(account, region).send(new GetParametersByPathCommand({ Path: '/', Recursive: true })),
    ec2.send(new DescribeLaunchTemplateVersionsCommand({ Versions: ['$Default', '$Latest'] })),
  ]);
  const written = Parameters.filter(({ Name = '' }) => Name.startsWith('/acme/'));
  const parameters = written.map(({ Name = '', Value = '', Version = 0 }) => {
    return { site, name: Name, imageId: Value, version: Version, versions: Version };
  });
  const names = new Set(LaunchTemplateVersions.map(({ LaunchTemplateName = '' }) => LaunchTemplateName));
  const templates = [...names].map((name) => {
    const versions = LaunchTemplateVersions.filter(({ LaunchTemplateName }) => LaunchTemplateName === name);
    const standard = versions.find(({ DefaultVersion }) => DefaultVersion);
    const newest = Math.max(...versions.map(({ VersionNumber = 0 }) => VersionNumber));
    const imageId = standard?.LaunchTemplateData?.ImageId ?? '';
    return { site, name, imageId, version: standard?.VersionNumber ?? 0, versions: newest };
  });
  return Promise.all(
    [...parameters, ...templates].map(async (pointer) => ({ ...pointer, sees: await stateOf(ec2, pointer.imageId) })),
  );
}

async function stateOf(ec2: EC2Client, imageId: string): Promise<string | undefined> {
  const query = { Filters: [{ Name: 'image-id', Values: [imageId] }], IncludeDeprecated: true };
  const { Images = [] } = await ec2.send(new DescribeImagesCommand(query));
  return Images[0]?.State;
}

/** What may be so at no time, whoever was killed. */
export function violations({ images, orphans, pointers }: World): readonly string[] {
  const places = images.map(({ site, tags }) => `version ${tags['bake:version']} in ${site}`);
  return [
    ...images
      .filter(({ tags, snapshots }) => [tags, ...snapshots.map((one) => one.tags)].some((one) => !one['bake:version']))
      .map(({ site, imageId }) => `${imageId} in ${site}, or a snapshot of it, is not tagged`),
    ...places.filter((place, at) => places.indexOf(place) !== at).map((place) => `two images of ${place}`),
    ...orphans.map((id) => `a snapshot without an image: ${id}`),
    ...pointers
      .filter(({ sees }) => sees !== 'available')
      .map(({ site, name, imageId, sees }) => `${name} in ${site} says ${imageId}, which is ${sees ?? 'not there'}`),
  ];
}
