import {
  CreateImageCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  DisableImageCommand,
  type EC2Client,
  type Instance,
  RebootInstancesCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
let ec2: EC2Client;
let sourceId: string;

async function sourceImage(architecture: string, client = ec2): Promise<string> {
  const Filters = [{ Name: 'architecture', Values: [architecture] }];
  const { Images } = await client.send(new DescribeImagesCommand({ Filters }));
  return Images?.[0]?.ImageId ?? '';
}

async function run(input: Partial<RunInstancesCommandInput> = {}): Promise<Instance[]> {
  const request = { ImageId: sourceId, InstanceType: 't3.small' as const, MinCount: 1, MaxCount: 1, ...input };
  return (await ec2.send(new RunInstancesCommand(request))).Instances ?? [];
}

async function runOne(input: Partial<RunInstancesCommandInput> = {}): Promise<string> {
  return (await run(input))[0]?.InstanceId ?? '';
}

async function instance(id: string): Promise<Instance> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const found = Reservations?.[0]?.Instances?.[0];
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

async function ownImage(): Promise<string> {
  const InstanceId = await runOne();
  const { ImageId = '' } = await ec2.send(new CreateImageCommand({ InstanceId, Name: `of ${InstanceId}` }));
  await until(async () => {
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    return Images?.[0]?.State === 'available';
  }, 10_000);
  return ImageId;
}

beforeAll(async () => {
  // Long enough to be seen on a computer that is busy with something else.
  server = await SandboxServer.start(undefined, ['--pending-seconds', '2']);
  ec2 = server.ec2();
  sourceId = await sourceImage('x86_64');
});

afterAll(() => server[Symbol.asyncDispose]());

describe('RunInstances refuses', () => {
  it.each([
    ['ami-12345', 'InvalidAMIID.Malformed'],
    ['ami-0123456789abcdef0', 'InvalidAMIID.NotFound'],
  ])('%s with %s', async (ImageId, name) => {
    await expect(run({ ImageId })).rejects.toMatchObject({ name });
  });

  it("another region's AMI", async () => {
    const ImageId = await sourceImage('x86_64', server.ec2('us-west-2'));
    await expect(run({ ImageId })).rejects.toMatchObject({ name: 'InvalidAMIID.NotFound' });
  });

  it('a pending, a disabled and a deregistered AMI', async () => {
    const InstanceId = await runOne();
    const { ImageId: pending } = await ec2.send(new CreateImageCommand({ InstanceId, Name: 'still pending' }));
    await expect(run({ ImageId: pending })).rejects.toMatchObject({ name: 'InvalidAMIID.Unavailable' });
    const ImageId = await ownImage();
    await ec2.send(new DisableImageCommand({ ImageId }));
    await expect(run({ ImageId })).rejects.toMatchObject({ name: 'InvalidAMIID.Unavailable' });
    await ec2.send(new DeregisterImageCommand({ ImageId }));
    await expect(run({ ImageId })).rejects.toMatchObject({ name: 'InvalidAMIID.Unavailable' });
  });

  it('an instance type of another architecture, and one that does not exist', async () => {
    await expect(run({ InstanceType: 't4g.small' })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('arm64'),
    });
    const nonsense = { InstanceType: 't9.nonsense' as 't3.small' };
    await expect(run(nonsense)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('a key pair that does not exist, and a volume smaller than its snapshot', async () => {
    await expect(run({ KeyName: 'nobody' })).rejects.toMatchObject({ name: 'InvalidKeyPair.NotFound' });
    const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 2 } }];
    await expect(run({ BlockDeviceMappings })).rejects.toMatchObject({ name: 'InvalidBlockDeviceMapping' });
  });
});

describe('RunInstances', () => {
  it('answers pending, and each instance has its own loopback address', async () => {
    const launched = await run({ MinCount: 1, MaxCount: 2 });
    expect(launched.map((one) => one.State?.Name)).toEqual(['pending', 'pending']);
    const found = await Promise.all(launched.map((one) => instance(one.InstanceId ?? '')));
    expect(found.map((one) => one.State?.Name)).toEqual(['running', 'running']);
    const addresses = new Set(found.map((one) => one.PublicIpAddress));
    expect(addresses.size).toBe(2);
    for (const address of addresses) expect(address).toMatch(/^127\.77\.0\.\d+$/);
  });

  it('launches once per ClientToken', async () => {
    const ClientToken = 'launch-once';
    const first = await runOne({ ClientToken });
    expect(await runOne({ ClientToken })).toBe(first);
    const changed = run({ ClientToken, InstanceType: 't3.large' });
    await expect(changed).rejects.toMatchObject({ name: 'IdempotentParameterMismatch' });
  });

  it('makes and tags the volumes that AMI and request ask for', async () => {
    const id = await runOne({
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20, DeleteOnTermination: false } },
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 3 } },
      ],
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'kind', Value: 'instance' }] },
        { ResourceType: 'volume', Tags: [{ Key: 'kind', Value: 'volume' }] },
      ],
    });
    const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters }));
    expect(Volumes.map((one) => [one.Size, one.Tags?.[0]?.Value]).toSorted()).toEqual([
      [20, 'volume'],
      [3, 'volume'],
    ]);
    expect((await instance(id)).Tags).toEqual([{ Key: 'kind', Value: 'instance' }]);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const VolumeIds = Volumes.filter((one) => one.Size === 20).map((one) => one.VolumeId ?? '');
    const kept = await ec2.send(new DescribeVolumesCommand({ VolumeIds }));
    expect(kept.Volumes?.[0]?.State).toBe('available');
    const VolumeId = Volumes.find((one) => one.Size === 3)?.VolumeId ?? '';
    await expect(ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }))).rejects.toMatchObject({
      name: 'InvalidVolume.NotFound',
    });
  });
});

describe('the states of an instance', () => {
  it('stop, start and terminate, with a new address after the start', async () => {
    const id = await runOne();
    const before = (await instance(id)).PublicIpAddress;
    const InstanceIds = [id];
    const { StoppingInstances } = await ec2.send(new StopInstancesCommand({ InstanceIds }));
    expect(StoppingInstances?.[0]?.CurrentState?.Name).toBe('stopping');
    expect(await instance(id)).toMatchObject({ State: { Name: 'stopped' } });
    expect((await instance(id)).PublicIpAddress).toBeUndefined();
    await expect(ec2.send(new RebootInstancesCommand({ InstanceIds }))).rejects.toMatchObject({
      name: 'IncorrectInstanceState',
    });
    await ec2.send(new StartInstancesCommand({ InstanceIds }));
    expect((await instance(id)).PublicIpAddress).not.toBe(before);
    const { TerminatingInstances } = await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    expect(TerminatingInstances?.[0]).toMatchObject({
      PreviousState: { Name: 'running' },
      CurrentState: { Name: 'shutting-down' },
    });
    expect((await instance(id)).State?.Name).toBe('terminated');
    await expect(ec2.send(new StartInstancesCommand({ InstanceIds }))).rejects.toMatchObject({
      name: 'IncorrectInstanceState',
    });
  });
});

describe('what a builder needs besides', () => {
  it('has a default network in every region', async () => {
    for (const region of ['eu-west-1', 'ap-southeast-2']) {
      const client = server.ec2(region);
      const { Vpcs } = await client.send(new DescribeVpcsCommand({}));
      const { Subnets } = await client.send(new DescribeSubnetsCommand({}));
      expect(Vpcs?.[0]?.IsDefault).toBe(true);
      expect(Subnets?.length).toBeGreaterThan(1);
    }
  });

  it('refuses a second key pair and a second security group of a name', async () => {
    const key = () => ec2.send(new CreateKeyPairCommand({ KeyName: 'bake/twice' }));
    await key();
    await expect(key()).rejects.toMatchObject({ name: 'InvalidKeyPair.Duplicate' });
    const group = () => ec2.send(new CreateSecurityGroupCommand({ GroupName: 'twice', Description: 'twice' }));
    await group();
    await expect(group()).rejects.toMatchObject({ name: 'InvalidGroup.Duplicate' });
  });
});
