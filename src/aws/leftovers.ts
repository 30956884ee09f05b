import {
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Filter,
  type Image,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { TAG } from '../model/tags.ts';
import type { Leftovers } from '../run/effects.ts';
import { isAwsError } from './errors.ts';

/** Seconds for instances to end; security groups and volumes cannot go before. */
const TERMINATION_LIMIT = 300;

/**
 * Removes what a bake of ours left, whatever state it was stopped in: look first, then delete; repeating it is harmless.
 * Found by run id, image and architecture, so a living bake of the same run is not touched; the AMI by its reserved name,
 * and only when it was never finished (no fingerprint).
 */
export async function removeLeftovers(client: EC2Client, leftovers: Leftovers): Promise<readonly string[]> {
  const ours = [
    { Name: `tag:${TAG.run}`, Values: [leftovers.run] },
    { Name: `tag:${TAG.image}`, Values: [leftovers.image] },
    { Name: `tag:${TAG.architecture}`, Values: [leftovers.architecture] },
  ];
  const removed: string[] = [];
  const remove = async (what: string, call: () => Promise<unknown>) => {
    try {
      await call();
      removed.push(what);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  };

  const instances = (await livingInstances(client, ours)).map(({ instanceId }) => instanceId);
  if (instances.length > 0) {
    await client.send(new TerminateInstancesCommand({ InstanceIds: instances }));
    await waitUntilInstanceTerminated(
      { client, maxWaitTime: TERMINATION_LIMIT, minDelay: 1, maxDelay: 5 },
      { InstanceIds: instances },
    );
    removed.push(...instances.map((id) => `instance ${id}`));
  }
  for (const image of await unfinishedImages(client, leftovers.amiName)) {
    await remove(`image ${image.ImageId}`, () => client.send(new DeregisterImageCommand({ ImageId: image.ImageId })));
    for (const { Ebs } of image.BlockDeviceMappings ?? []) {
      const SnapshotId = Ebs?.SnapshotId;
      if (SnapshotId)
        await remove(`snapshot ${SnapshotId}`, () => client.send(new DeleteSnapshotCommand({ SnapshotId })));
    }
  }
  const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: ours }));
  for (const { SnapshotId } of Snapshots) {
    await remove(`snapshot ${SnapshotId}`, () => client.send(new DeleteSnapshotCommand({ SnapshotId })));
  }
  const { Volumes = [] } = await client.send(new DescribeVolumesCommand({ Filters: ours }));
  for (const { VolumeId } of Volumes) {
    await remove(`volume ${VolumeId}`, () => client.send(new DeleteVolumeCommand({ VolumeId })));
  }
  const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({ Filters: ours }));
  for (const { GroupId } of SecurityGroups) {
    await remove(`security group ${GroupId}`, () => client.send(new DeleteSecurityGroupCommand({ GroupId })));
  }
  const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters: ours }));
  for (const { KeyName } of KeyPairs) {
    await remove(`key pair ${KeyName}`, () => client.send(new DeleteKeyPairCommand({ KeyName })));
  }
  return removed;
}

interface LivingInstance {
  readonly instanceId: string;
  readonly address: string | undefined;
}

/** Instances that match and have not ended. */
export async function livingInstances(
  client: EC2Client,
  filters: readonly Filter[],
): Promise<readonly LivingInstance[]> {
  const living = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters: [...filters, living] }));
  return Reservations.flatMap(({ Instances = [] }) =>
    Instances.flatMap(({ InstanceId, PublicIpAddress, PrivateIpAddress }) =>
      InstanceId === undefined ? [] : [{ instanceId: InstanceId, address: PublicIpAddress ?? PrivateIpAddress }],
    ),
  );
}

/** A finished AMI of that name has a fingerprint and is somebody's result. */
async function unfinishedImages(client: EC2Client, name: string | undefined): Promise<readonly Image[]> {
  if (name === undefined) return [];
  const query = { Owners: ['self'], Filters: [{ Name: 'name', Values: [name] }] };
  const { Images = [] } = await client.send(new DescribeImagesCommand(query));
  return Images.filter(({ Tags = [] }) => Tags.every(({ Key }) => Key !== TAG.fingerprint));
}

function isGone(error: unknown): boolean {
  return isAwsError(
    error,
    'InvalidVolume.NotFound',
    'InvalidSnapshot.NotFound',
    'InvalidGroup.NotFound',
    'InvalidAMIID.NotFound',
    'InvalidAMIID.Unavailable',
    'InvalidKeyPair.NotFound',
  );
}
