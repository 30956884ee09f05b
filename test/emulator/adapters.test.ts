import {
  CreateImageCommand,
  DescribeImagesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  waitUntilImageAvailable,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBuilders } from '../../src/aws/builders.ts';
import { ec2Client } from '../../src/aws/clients.ts';
import { createImages } from '../../src/aws/images.ts';
import { vpcFor } from '../../src/aws/network.ts';
import type { Tags } from '../../src/model/image.ts';
import { runTags } from '../../src/model/tags.ts';
import { imageName, PROJECT, REGION, RUN, version } from '../helpers/builders.ts';
import { type CloudUnderTest, describeCloud } from '../helpers/cloud-contract.ts';
import { SandboxServer } from '../helpers/sandbox-server.ts';

const tagList = (tags: Tags) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

async function openAdapters(): Promise<CloudUnderTest> {
  const server = await SandboxServer.start();
  const connection = {
    region: REGION,
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const client = ec2Client(connection);
  const sources = await client.send(
    new DescribeImagesCommand({ Filters: [{ Name: 'architecture', Values: ['x86_64'] }] }),
  );
  const ImageId = sources.Images?.[0]?.ImageId;

  const launch: CloudUnderTest['launch'] = async (tags, securityGroup) => {
    const TagSpecifications = (['instance', 'volume'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: tagList(tags),
    }));
    const groups = securityGroup === undefined ? {} : { SecurityGroupIds: [securityGroup] };
    const command = new RunInstancesCommand({
      ImageId,
      InstanceType: 't3.small',
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications,
      ...groups,
    });
    return (await client.send(command)).Instances?.[0]?.InstanceId ?? '';
  };
  return {
    images: createImages(client, connection),
    builders: createBuilders(client, connection),
    launch,
    makeImage: async (Name, tags) => {
      const InstanceId = await launch({ bystander: 'yes' });
      const made = await client.send(new CreateImageCommand({ InstanceId, Name }));
      const imageId = made.ImageId ?? '';
      await waitUntilImageAvailable({ client, maxWaitTime: 30, minDelay: 1 }, { ImageIds: [imageId] });
      const images = createImages(client, connection);
      const resources = [imageId, ...(await images.snapshotsOf(imageId as Parameters<typeof images.snapshotsOf>[0]))];
      if (Object.keys(tags).length > 0) await images.tag(resources, tags);
      await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
      return imageId;
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

describeCloud('the AWS adapters', openAdapters);

describe('errors of a real client', () => {
  let server: SandboxServer;
  beforeAll(async () => {
    server = await SandboxServer.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('an endpoint where nobody listens', async () => {
    const connection = {
      region: REGION,
      endpoint: 'http://127.0.0.1:1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    };
    const images = createImages(ec2Client(connection), connection);
    await expect(images.list(PROJECT)).rejects.toMatchObject({
      code: 'endpoint-unreachable',
      message: expect.stringContaining(`${REGION} at http://127.0.0.1:1`),
    });
  });

  test('a subnet that is not there', async () => {
    const connection = { region: REGION, endpoint: server.endpoint };
    const builders = createBuilders(server.ec2(REGION), connection);
    const request = { name: 'x', description: 'x', subnet: 'subnet-0123456789abcdef0', port: 22, cidrs: [], tags: {} };
    await expect(builders.createSecurityGroup(request)).rejects.toMatchObject({
      message: expect.stringContaining('InvalidSubnetID.NotFound'),
    });
  });

  test('the VPC is the configured one, else the default one', async () => {
    const connection = { region: REGION, endpoint: server.endpoint };
    expect(await vpcFor(server.ec2(REGION), { vpc: 'vpc-1' }, connection)).toBe('vpc-1');
    expect(await vpcFor(server.ec2(REGION), {}, connection)).toMatch(/^vpc-/);
  });

  test('leftovers that cannot be removed do not keep the others, and are told', async () => {
    const client = server.ec2(REGION);
    const refuse = Object.assign(new Error('it is in use'), { name: 'DependencyViolation' });
    client.middlewareStack.add(
      (next, { commandName }) =>
        (args) =>
          commandName === 'DeleteSecurityGroupCommand' ? Promise.reject(refuse) : next(args),
      { step: 'initialize' },
    );
    const builders = createBuilders(client, { region: REGION, endpoint: server.endpoint });
    const owner = { run: RUN, image: imageName('api'), architecture: 'x86_64' } as const;
    const subject = { project: PROJECT, image: owner.image, version: version('1'), architecture: owner.architecture };
    const tags = runTags(subject, RUN);
    await builders.reserve('bake/x', tags);
    await builders.createSecurityGroup({ name: 'bake/x', description: 'x', port: 22, cidrs: [], tags });
    await expect(builders.removeLeftovers(owner)).rejects.toMatchObject({
      message: expect.stringContaining('DependencyViolation: it is in use'),
    });
    expect(await builders.reserve('bake/x', tags)).toBeDefined();
  });
});
