import {
  CopyImageCommand,
  type CopyImageCommandInput,
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  type Image,
  RunInstancesCommand,
  type Snapshot,
} from '@aws-sdk/client-ec2';
import { until } from './sandbox-server.ts';

const SETTLED = 20_000;
let serial = 0;

/** An AMI name that no other test uses. */
export function freshName(label = 'image'): string {
  serial += 1;
  return `bake/${label}/2026.11.20.${serial}-x86_64`;
}

export async function describeImage(ec2: EC2Client, id: string): Promise<Image> {
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
  if (Images[0] === undefined) throw new Error(`no ${id}`);
  return Images[0];
}

export function snapshotIds(image: Image): string[] {
  return (image.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
}

export async function snapshotOf(ec2: EC2Client, image: Image): Promise<Snapshot> {
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: snapshotIds(image) }));
  if (Snapshots[0] === undefined) throw new Error(`no snapshot of ${image.ImageId}`);
  return Snapshots[0];
}

/** Waits until it is not `pending` any more. */
export function settled(ec2: EC2Client, id: string): Promise<Image> {
  return until(async () => {
    const image = await describeImage(ec2, id);
    return image.State !== 'pending' && image;
  }, SETTLED);
}

export async function runInstance(ec2: EC2Client, ImageId?: string): Promise<string> {
  const x86 = { Name: 'architecture', Values: ['x86_64'] };
  const source = ImageId ?? (await ec2.send(new DescribeImagesCommand({ Filters: [x86] }))).Images?.[0]?.ImageId;
  const launch = { ImageId: source, InstanceType: 't3.small' as const, MinCount: 1, MaxCount: 1 };
  return (await ec2.send(new RunInstancesCommand(launch))).Instances?.[0]?.InstanceId ?? '';
}

/** An available image of an instance of its own. */
export async function makeImage(ec2: EC2Client, tags: Readonly<Record<string, string>> = {}): Promise<Image> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({
      InstanceId: await runInstance(ec2),
      Name: freshName(),
      ...(Tags.length > 0 && { TagSpecifications: [{ ResourceType: 'image', Tags }] }),
    }),
  );
  return settled(ec2, ImageId);
}

/** Starts a copy into the client's region. */
export async function copyImage(
  ec2: EC2Client,
  source: Image,
  input: Partial<CopyImageCommandInput> = {},
  SourceRegion = 'eu-central-1',
): Promise<string> {
  const command = new CopyImageCommand({
    SourceImageId: source.ImageId,
    SourceRegion,
    Name: freshName('copy'),
    ...input,
  });
  return (await ec2.send(command)).ImageId ?? '';
}
