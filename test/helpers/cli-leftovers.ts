import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Image,
} from '@aws-sdk/client-ec2';

/**
 * Everything in the account that is neither a finished image (one with a fingerprint) nor its snapshots, as
 * `instance i-…`. Empty after every bake, good or bad.
 */
export async function leftovers(client: EC2Client): Promise<readonly string[]> {
  const [images, snapshots, instances, volumes, groups, keys] = await Promise.all([
    client.send(new DescribeImagesCommand({ Owners: ['self'], IncludeDisabled: true })),
    client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] })),
    client.send(new DescribeInstancesCommand({})),
    client.send(new DescribeVolumesCommand({})),
    client.send(new DescribeSecurityGroupsCommand({})),
    client.send(new DescribeKeyPairsCommand({})),
  ]);
  const isFinished = ({ Tags = [] }: Image) => Tags.some(({ Key }) => Key === 'bake:fingerprint');
  const finished = (images.Images ?? []).filter(isFinished);
  const used = new Set(
    finished.flatMap(({ BlockDeviceMappings = [] }) => BlockDeviceMappings.map(({ Ebs }) => Ebs?.SnapshotId)),
  );
  const living = (instances.Reservations ?? [])
    .flatMap(({ Instances = [] }) => Instances)
    .filter(({ State }) => State?.Name !== 'terminated');
  return [
    ...(images.Images ?? [])
      .filter((image) => !isFinished(image))
      .map(({ ImageId, Name }) => `image ${ImageId} ${Name}`),
    ...(snapshots.Snapshots ?? []).flatMap(({ SnapshotId }) =>
      used.has(SnapshotId) ? [] : [`snapshot ${SnapshotId}`],
    ),
    ...living.map(({ InstanceId, State }) => `instance ${InstanceId} ${State?.Name}`),
    ...(volumes.Volumes ?? []).map(({ VolumeId }) => `volume ${VolumeId}`),
    ...(groups.SecurityGroups ?? []).flatMap(({ GroupName }) =>
      GroupName === 'default' ? [] : [`group ${GroupName}`],
    ),
    ...(keys.KeyPairs ?? []).map(({ KeyName }) => `key pair ${KeyName}`),
  ];
}
