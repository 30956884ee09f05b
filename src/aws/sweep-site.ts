import type { ProjectName } from '../model/ids.ts';
import type { AmiState } from '../model/known-image.ts';
import type { SeenImage, SeenInstance, SeenKeyPair, SeenVolume, Thing } from '../model/sweep.ts';
import { TAG } from '../model/tags.ts';
import type { SweepSite } from '../run/sweep-effects.ts';
import { attemptingAt } from './errors.ts';
import {
  deleteKeyPair,
  deleteSecurityGroup,
  deleteSnapshot,
  deleteVolume,
  endInstances,
  removeImage,
} from './removal.ts';
import {
  DescribeImagesCommand,
  DescribeKeyPairsCommand,
  type EC2Client,
  type Filter,
  type Image,
  type Instance,
  type KeyPairInfo,
  paginateDescribeImages,
  paginateDescribeInstances,
  paginateDescribeSecurityGroups,
  paginateDescribeVolumes,
  type SecurityGroup,
  type Volume,
} from './sdk/ec2.ts';
import type { SiteClients } from './sites.ts';
import { projectSnapshots } from './sweep-snapshots.ts';
import { tagsOf } from './tags.ts';

const PAGE = 1000;
/** DescribeVolumes gives no more. */
const VOLUMES_PAGE = 500;

type Clients = Pick<SiteClients, 'site' | 'connection' | 'ec2'>;

export function createSweepSite({ site, connection, ec2: client }: Clients, project: ProjectName): SweepSite {
  const attempt = attemptingAt(site, connection);
  const ours = [{ Name: `tag:${TAG.project}`, Values: [project] }];
  return {
    site,

    async look() {
      const [instances, images, volumes, groups, keys] = await Promise.all([
        attempt('list instances', () => listInstances(client, ours)),
        attempt('list images', () => listImages(client, project)),
        attempt('list volumes', () => listVolumes(client, ours)),
        attempt('list security groups', () => listGroups(client, ours)),
        attempt('list key pairs', () => listKeyPairs(client, ours)),
      ]);
      const snapshots = await attempt('list snapshots', () => projectSnapshots(client, ours, { images, instances }));
      return [...instances, ...images, ...snapshots, ...volumes, ...groups, ...keys];
    },

    endInstance: (id, signal) => attempt(`end instance ${id}`, () => endInstances(client, [id], signal)),

    removeImage: (id, isStillLeft) =>
      attempt(`remove image ${id}`, async () => {
        // A filter, since an id that is gone is an error.
        const query = { Owners: ['self'], Filters: [{ Name: 'image-id', Values: [id] }], IncludeDisabled: true };
        const { Images: [image] = [] } = await client.send(new DescribeImagesCommand(query));
        if (image === undefined) return { status: 'gone', snapshots: [] };
        const seen = seenImage(image);
        if (!isStillLeft(seen)) return { status: 'changed', snapshots: [] };
        const { removed, snapshots } = await removeImage(client, id, seen.snapshots);
        return { status: removed ? 'removed' : 'gone', snapshots };
      }),

    remove: (kind, id) =>
      attempt(`remove ${kind.replace('-', ' ')} ${id}`, () => {
        if (kind === 'snapshot') return deleteSnapshot(client, id);
        if (kind === 'volume') return deleteVolume(client, id);
        return kind === 'security-group' ? deleteSecurityGroup(client, id) : deleteKeyPair(client, id);
      }),
  };
}

async function listInstances(client: EC2Client, Filters: Filter[]): Promise<readonly SeenInstance[]> {
  const found: Instance[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client, pageSize: PAGE }, { Filters }))
    found.push(...Reservations.flatMap(({ Instances = [] }) => Instances));
  return found.flatMap(({ InstanceId: id, LaunchTime, State, Tags }) => {
    if (id === undefined) return [];
    const ended = State?.Name === 'shutting-down' || State?.Name === 'terminated';
    return [{ kind: 'instance', ...seen(id, undefined, Tags, LaunchTime), ended }];
  });
}

/** By name: an AMI that was never finished may have no tags. */
async function listImages(client: EC2Client, project: ProjectName): Promise<readonly SeenImage[]> {
  const Filters = [{ Name: 'name', Values: [`${project}/*`, `bake/${project}/*`] }];
  const query = { Owners: ['self'], Filters, IncludeDeprecated: true, IncludeDisabled: true };
  const found: Image[] = [];
  for await (const { Images = [] } of paginateDescribeImages({ client, pageSize: PAGE }, query)) found.push(...Images);
  return found.map(seenImage);
}

function seenImage(image: Image): SeenImage {
  const { ImageId = '', Name, State, Tags, CreationDate, SourceInstanceId, SourceImageId, BlockDeviceMappings } = image;
  return {
    kind: 'image',
    ...seen(ImageId, Name, Tags, CreationDate === undefined ? undefined : new Date(CreationDate)),
    state: (State ?? 'pending') as AmiState,
    // An AMI that was made of an instance names the AMI of the instance.
    copied: SourceImageId !== undefined && SourceInstanceId === undefined,
    ...(SourceInstanceId === undefined ? {} : { instance: SourceInstanceId }),
    snapshots: (BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []),
  };
}

async function listVolumes(client: EC2Client, Filters: Filter[]): Promise<readonly SeenVolume[]> {
  const found: Volume[] = [];
  for await (const { Volumes = [] } of paginateDescribeVolumes({ client, pageSize: VOLUMES_PAGE }, { Filters }))
    found.push(...Volumes);
  return found.flatMap(({ VolumeId: id, State, Tags, CreateTime, Attachments = [] }) => {
    // Listed for a while after it went with its instance.
    if (id === undefined || State === 'deleting' || State === 'deleted') return [];
    const attachedTo = Attachments.flatMap(({ InstanceId }) => InstanceId ?? []);
    return [{ kind: 'volume', ...seen(id, undefined, Tags, CreateTime), attachedTo }];
  });
}

async function listGroups(client: EC2Client, Filters: Filter[]): Promise<readonly Thing[]> {
  const found: SecurityGroup[] = [];
  for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups({ client, pageSize: PAGE }, { Filters }))
    found.push(...SecurityGroups);
  return found.flatMap(({ GroupId: id, GroupName, Tags }) =>
    id === undefined ? [] : [{ kind: 'security-group', ...seen(id, GroupName, Tags, undefined) }],
  );
}

/** EC2 has no pages of them. */
async function listKeyPairs(client: EC2Client, Filters: Filter[]): Promise<readonly SeenKeyPair[]> {
  const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters }));
  return KeyPairs.flatMap(({ KeyName, Tags, CreateTime }: KeyPairInfo) =>
    KeyName === undefined ? [] : [{ kind: 'key-pair', ...seen(KeyName, KeyName, Tags, CreateTime) }],
  );
}

/** What Name says is for people; names that EC2 itself knows come first. */
function seen(id: string, name: string | undefined, list: Image['Tags'], createdAt: Date | undefined) {
  const tags = tagsOf(list);
  return {
    id,
    name: name ?? tags.Name ?? '',
    tags,
    ...(createdAt === undefined ? {} : { createdAt: createdAt.toISOString() }),
  };
}
