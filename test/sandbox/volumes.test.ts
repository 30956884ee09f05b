import {
  CopyImageCommand,
  CreateImageCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Image,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
let ec2: EC2Client;
let sourceId: string;
let serial = 0;

beforeAll(async () => {
  server = await SandboxServer.start();
  ec2 = server.ec2();
  const Filters = [{ Name: 'architecture', Values: ['x86_64'] }];
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Filters }));
  sourceId = Images[0]?.ImageId ?? '';
});
afterAll(() => server[Symbol.asyncDispose]());

type Mappings = NonNullable<RunInstancesCommandInput['BlockDeviceMappings']>;

async function run(ImageId: string, BlockDeviceMappings: Mappings = []): Promise<string> {
  const input = { ImageId, BlockDeviceMappings, InstanceType: 't3.small', MinCount: 1, MaxCount: 1 } as const;
  const { Instances = [] } = await ec2.send(new RunInstancesCommand(input));
  return Instances[0]?.InstanceId ?? '';
}

/** By device: what EC2 says of the volume there. */
async function volumesOf(instanceId: string) {
  const Filters = [{ Name: 'attachment.instance-id', Values: [instanceId] }];
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters }));
  return Object.fromEntries(
    Volumes.map(({ Attachments = [], Size, VolumeType, Iops, Throughput, SnapshotId, Encrypted }) => [
      Attachments[0]?.Device,
      { Size, VolumeType, Iops, Throughput, SnapshotId: SnapshotId || undefined, Encrypted },
    ]),
  );
}

async function imageOf(instanceId: string, BlockDeviceMappings: Mappings = []): Promise<Image> {
  serial += 1;
  const Name = `volumes-${serial}`;
  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: instanceId, Name, BlockDeviceMappings }),
  );
  return available(ImageId);
}

const available = (id: string, client = ec2): Promise<Image> =>
  until(async () => {
    const { Images = [] } = await client.send(new DescribeImagesCommand({ ImageIds: [id] }));
    return Images[0]?.State === 'available' && Images[0];
  }, 10_000);

const mappingsOf = ({ BlockDeviceMappings = [] }: Image) =>
  Object.fromEntries(BlockDeviceMappings.map(({ DeviceName = '', Ebs }) => [DeviceName, Ebs]));

const data = {
  DeviceName: '/dev/sdf',
  Ebs: { VolumeSize: 5, VolumeType: 'gp3', Iops: 4000, Throughput: 200 },
} as const;
const empty = {
  DeviceName: '/dev/sdg',
  Ebs: { VolumeSize: 7, VolumeType: 'st1', Encrypted: true, DeleteOnTermination: false },
} as const;

it('CreateImage makes a snapshot of each volume, and takes new ones over as the request has them', async () => {
  const image = await imageOf(await run(sourceId, [data]), [
    { DeviceName: '/dev/sdf', Ebs: { DeleteOnTermination: false } },
    empty,
    { DeviceName: '/dev/sdh', NoDevice: '' },
  ]);
  expect(mappingsOf(image)).toEqual({
    '/dev/xvda': expect.objectContaining({ SnapshotId: expect.stringMatching(/^snap-/), VolumeSize: 8 }),
    '/dev/sdf': {
      ...data.Ebs,
      SnapshotId: expect.stringMatching(/^snap-/),
      Encrypted: false,
      DeleteOnTermination: false,
    },
    '/dev/sdg': empty.Ebs,
  });
});

it('a launch makes of each mapping a volume: of its snapshot, or empty', async () => {
  const image = await imageOf(await run(sourceId, [data]), [empty]);
  const snapshot = mappingsOf(image)['/dev/sdf']?.SnapshotId;
  expect(await volumesOf(await run(image.ImageId ?? ''))).toMatchObject({
    '/dev/sdf': { Size: 5, VolumeType: 'gp3', Iops: 4000, Throughput: 200, SnapshotId: snapshot },
    '/dev/sdg': { Size: 7, VolumeType: 'st1', SnapshotId: undefined, Encrypted: true },
  });
  // What a request leaves out is the AMI's: the volume grows, and its content stays.
  const changed = [
    { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 9, VolumeType: 'gp2' } },
    { DeviceName: '/dev/sdg', NoDevice: '' },
  ] as const;
  const volumes = await volumesOf(await run(image.ImageId ?? '', [...changed]));
  expect(Object.keys(volumes).toSorted()).toEqual(['/dev/sdf', '/dev/xvda']);
  expect(volumes['/dev/sdf']).toMatchObject({ Size: 9, VolumeType: 'gp2', SnapshotId: snapshot });
});

it('a volume starts from a snapshot that the request names', async () => {
  const zone = 'eu-central-1a';
  const { VolumeId } = await ec2.send(new CreateVolumeCommand({ AvailabilityZone: zone, Size: 3 }));
  const { SnapshotId = '' } = await ec2.send(new CreateSnapshotCommand({ VolumeId }));
  const from = (Ebs: object) => run(sourceId, [{ DeviceName: '/dev/sdf', Ebs: { SnapshotId, ...Ebs } }]);
  expect((await volumesOf(await from({})))['/dev/sdf']).toMatchObject({ Size: 3, SnapshotId });
  expect((await volumesOf(await from({ VolumeSize: 4 })))['/dev/sdf']).toMatchObject({ Size: 4, SnapshotId });
  await expect(from({ VolumeSize: 2 })).rejects.toMatchObject({ name: 'InvalidBlockDeviceMapping' });
  await expect(from({ SnapshotId: 'snap-0123456789abcdef0' })).rejects.toMatchObject({
    name: 'InvalidSnapshot.NotFound',
  });
});

it('a new mapping needs a size or a snapshot, and a refusal leaves no snapshot behind', async () => {
  const before = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  const instance = await run(sourceId);
  const bad = imageOf(instance, [{ DeviceName: '/dev/sdg', Ebs: { VolumeType: 'gp3' } }]);
  await expect(bad).rejects.toMatchObject({ name: 'MissingParameter' });
  const after = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  expect(after.Snapshots?.length).toBe(before.Snapshots?.length);
});

it('a copy has all mappings, with snapshots of its own', async () => {
  const image = await imageOf(await run(sourceId, [data]), [empty]);
  const west = server.ec2('eu-west-1');
  const input = { SourceImageId: image.ImageId, SourceRegion: 'eu-central-1', Name: 'copy' };
  const { ImageId = '' } = await west.send(new CopyImageCommand(input));
  const copy = mappingsOf(await available(ImageId, west));
  const source = mappingsOf(image);
  expect(copy['/dev/sdg']).toEqual(source['/dev/sdg']);
  expect(copy['/dev/sdf']).toEqual({ ...source['/dev/sdf'], SnapshotId: expect.stringMatching(/^snap-/) });
  expect(copy['/dev/sdf']?.SnapshotId).not.toBe(source['/dev/sdf']?.SnapshotId);
});

it('DescribeInstances tells the volumes of an instance', async () => {
  const id = await run(sourceId, [data]);
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const devices = Reservations[0]?.Instances?.[0]?.BlockDeviceMappings?.map(({ DeviceName }) => DeviceName);
  expect(devices).toEqual(['/dev/xvda', '/dev/sdf']);
});
