import {
  CopyImageCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type ResourceType,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { tagSpecifications } from '../../src/aws/tags.ts';
import type { Tags } from '../../src/model/image.ts';
import { TAG } from '../../src/model/tags.ts';
import { makeAmi } from './make-ami.ts';
import { describeImage, settled, snapshotIds } from './sandbox-images.ts';
import { until } from './sandbox-server.ts';

/** Some hours before every other run of the tests. */
const DEAD_RUN = '20261101T000000-00dead';

export interface Place {
  readonly ec2: EC2Client;
  readonly region: string;
}

/** Makes what runs leave, and what only looks like it; whatever is made gets names of its own by `label`. */
export class SweepWorld {
  readonly place: Place;
  readonly label: string;
  private serial = 0;

  constructor(place: Place, label: string) {
    this.place = place;
    this.label = label;
  }

  private next = (): string => `${this.label}-${++this.serial}`;

  runTags = (other: Tags = {}): Tags => ({
    [TAG.run]: DEAD_RUN,
    [TAG.project]: 'acme',
    [TAG.image]: 'api',
    [TAG.architecture]: 'x86_64',
    ...other,
  });

  subject = (version: string, other: Tags = {}): Tags => ({
    [TAG.project]: 'acme',
    [TAG.image]: 'api',
    [TAG.version]: version,
    [TAG.architecture]: 'x86_64',
    ...other,
  });

  /** A machine with its volume. */
  async machine(tags: Tags): Promise<readonly string[]> {
    const Filters = [{ Name: 'architecture', Values: ['x86_64'] }];
    const { Images: [{ ImageId } = {}] = [] } = await this.ec2.send(new DescribeImagesCommand({ Filters }));
    const launch = { ImageId, InstanceType: 't3.small' as const, MinCount: 1, MaxCount: 1 };
    const TagSpecifications = tagSpecifications(tags, 'instance', 'volume');
    const { Instances: [made] = [] } = await this.ec2.send(new RunInstancesCommand({ ...launch, TagSpecifications }));
    const volumes = made?.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.VolumeId ?? '') ?? [];
    return [made?.InstanceId ?? '', ...volumes];
  }

  async volume(tags: Tags): Promise<string> {
    const request = { AvailabilityZone: `${this.place.region}a`, Size: 1, ...tagged(tags, 'volume') };
    const volume = await this.ec2.send(new CreateVolumeCommand(request));
    return volume.VolumeId ?? '';
  }

  async group(tags: Tags, name = `bake/acme/api/x86_64/${this.next()}`): Promise<string> {
    const request = { GroupName: name, Description: 'of a test', ...tagged(tags, 'security-group') };
    return (await this.ec2.send(new CreateSecurityGroupCommand(request))).GroupId ?? '';
  }

  async keyPair(tags: Tags, name = `bake/acme/api/${this.next()}-x86_64`): Promise<string> {
    const request = { KeyName: name, KeyType: 'ed25519' as const, ...tagged(tags, 'key-pair') };
    await this.ec2.send(new CreateKeyPairCommand(request));
    return name;
  }

  /** An AMI made of a machine, with its snapshot. */
  async image(name: string, tags: Tags): Promise<readonly string[]> {
    const id = await makeAmi(this.ec2, name, tags);
    return [id, ...snapshotIds(await settled(this.ec2, id))];
  }

  /** The snapshot alone. */
  async orphan(tags: Tags): Promise<string> {
    const [ImageId, snapshot = ''] = await this.image(`acme/api/${this.next()}-x86_64`, tags);
    await this.ec2.send(new DeregisterImageCommand({ ImageId }));
    return snapshot;
  }

  async snapshotByHand(tags: Tags): Promise<string> {
    const VolumeId = await this.volume({});
    const snapshot = await this.ec2.send(new CreateSnapshotCommand({ VolumeId, ...tagged(tags, 'snapshot') }));
    return snapshot.SnapshotId ?? '';
  }

  /** Of an image of the same account; resolves when it has come to its end. */
  async copy(from: Place, source: string, name: string, tags: Tags): Promise<readonly string[]> {
    const TagSpecifications = tagSpecifications(tags, 'image', 'snapshot');
    const request = { SourceImageId: source, SourceRegion: from.region, Name: name, TagSpecifications };
    const { ImageId = '' } = await this.ec2.send(new CopyImageCommand(request));
    const image = await until(async () => {
      const found = await describeImage(this.ec2, ImageId);
      return found.State !== 'pending' && found;
    }, 20_000);
    const Values = [`Copied for DestinationAmi ${ImageId} *`];
    const query = { OwnerIds: ['self'], Filters: [{ Name: 'description', Values }] };
    const { Snapshots = [] } = await this.ec2.send(new DescribeSnapshotsCommand(query));
    return [...new Set([ImageId, ...snapshotIds(image), ...Snapshots.map(({ SnapshotId }) => SnapshotId ?? '')])];
  }

  private get ec2(): EC2Client {
    return this.place.ec2;
  }
}

/** EC2 refuses an empty list. */
const tagged = (tags: Tags, type: ResourceType) =>
  Object.keys(tags).length > 0 && { TagSpecifications: tagSpecifications(tags, type) };

/** Ids of all that the account has in the region; a key pair's is its name. */
export async function everythingAt({ ec2 }: Place): Promise<readonly string[]> {
  const self = { Owners: ['self'], IncludeDisabled: true };
  const [images, snapshots, instances, volumes, groups, keys] = await Promise.all([
    ec2.send(new DescribeImagesCommand(self)),
    ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] })),
    ec2.send(new DescribeInstancesCommand({})),
    ec2.send(new DescribeVolumesCommand({})),
    ec2.send(new DescribeSecurityGroupsCommand({})),
    ec2.send(new DescribeKeyPairsCommand({})),
  ]);
  const living = (instances.Reservations ?? [])
    .flatMap(({ Instances = [] }) => Instances)
    .filter(({ State }) => State?.Name !== 'terminated');
  return [
    ...(images.Images ?? []).map(({ ImageId }) => ImageId),
    ...(snapshots.Snapshots ?? []).map(({ SnapshotId }) => SnapshotId),
    ...living.map(({ InstanceId }) => InstanceId),
    ...(volumes.Volumes ?? []).map(({ VolumeId }) => VolumeId),
    ...(groups.SecurityGroups ?? []).map(({ GroupId }) => GroupId),
    ...(keys.KeyPairs ?? []).map(({ KeyName }) => KeyName),
  ].map((id) => id ?? '');
}
