import { DescribeImagesCommand, DescribeInstancesCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBuilders } from '../../src/aws/builders.ts';
import { createInstances } from '../../src/aws/instances.ts';
import { parseAmiId } from '../../src/model/ids.ts';
import { runTags } from '../../src/model/tags.ts';
import type { Builders } from '../../src/run/effects.ts';
import type { Instances, LaunchRequest } from '../../src/run/try-effects.ts';
import { base, imageName, PROJECT, REGION, RUN, version, volume } from '../helpers/builders.ts';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
let instances: Instances;
let builders: Builders;
let request: LaunchRequest;

const subject = {
  project: PROJECT,
  image: imageName('api'),
  version: version('2026.11.20.1'),
  architecture: 'x86_64',
} as const;
const tags = runTags(subject, RUN);

beforeAll(async () => {
  server = await SandboxServer.start();
  const connection = {
    region: REGION,
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  const client = server.ec2(REGION);
  instances = createInstances(client, connection);
  builders = createBuilders(client, connection);
  const name = `bake/acme/api/x86_64/${RUN}`;
  await builders.reserve(name, tags);
  const group = { name, description: 'trial', port: 22, cidrs: ['192.0.2.1/32'], tags };
  request = {
    imageId: await sourceImage(),
    architecture: 'x86_64',
    build: base('base').build,
    count: 2,
    keyPair: name,
    securityGroup: await builders.createSecurityGroup(group),
    userData: Buffer.from('#!/bin/sh\n'),
    instanceProfile: undefined,
    tags,
    clientToken: `${RUN}-1-x86_64`,
  };
});
afterAll(() => server[Symbol.asyncDispose]());

async function sourceImage() {
  const filter = { Name: 'architecture', Values: ['x86_64'] };
  const { Images = [] } = await server.ec2(REGION).send(new DescribeImagesCommand({ Filters: [filter] }));
  const imageId = parseAmiId(Images[0]?.ImageId ?? '');
  if (imageId === undefined) throw new Error('the sandbox has no image');
  return imageId;
}

it('launches as asked, once for one token, and ends', async () => {
  const ids = await instances.launch(request);
  expect(ids).toHaveLength(2);
  expect(await instances.launch(request)).toEqual(ids);

  const { Reservations = [] } = await server.ec2(REGION).send(new DescribeInstancesCommand({ InstanceIds: [...ids] }));
  const [instance] = Reservations.flatMap(({ Instances = [] }) => Instances);
  expect(instance).toMatchObject({
    ImageId: request.imageId,
    InstanceType: 't3.small',
    KeyName: request.keyPair,
    MetadataOptions: { HttpTokens: 'required' },
    SecurityGroups: [{ GroupId: request.securityGroup }],
  });
  expect(instance?.Tags).toEqual(expect.arrayContaining([{ Key: 'bake:run', Value: RUN }]));

  const running = await until(async () => {
    const states = await instances.describe([...ids, 'i-0123456789abcdef0']);
    return states.every(({ state }) => state === 'running') && states;
  }, 10_000);
  expect(running.map(({ instanceId }) => instanceId).sort()).toEqual([...ids].sort());
  expect(running.every(({ address }) => address !== undefined)).toBe(true);
  const [first = ''] = ids;
  expect(typeof (await instances.console(first))).toBe('string');
  await instances.reboot(first);
  await instances.terminate(first);
  await instances.terminate('i-0123456789abcdef0');

  const removed = await builders.removeLeftovers({ run: RUN, image: subject.image, architecture: 'x86_64' });
  expect(removed).toEqual(expect.arrayContaining([`instance ${ids[1]}`, `security group ${request.securityGroup}`]));
  const left = await instances.describe(ids);
  expect(left.filter(({ state }) => state !== 'terminated')).toEqual([]);
});

it('says what cannot be launched', async () => {
  const gone = { ...request, imageId: parseAmiId('ami-0123456789abcdef0') ?? request.imageId, clientToken: 'other' };
  await expect(instances.launch(gone)).rejects.toMatchObject({
    message: expect.stringContaining('launch an instance'),
  });
});

it('says that the instance profile does not exist, and where its name is written', async () => {
  const other = { ...request, instanceProfile: 'no-such-reader', clientToken: 'without-profile' };
  await expect(instances.launch(other)).rejects.toMatchObject({
    code: 'instance-profile-not-found',
    blame: 'user',
    message: expect.stringMatching(/no instance profile no-such-reader$/),
    hint: expect.stringMatching(/regionConfig\.instanceProfile.*build\.instanceProfile/),
  });
});

it('gives a machine the volumes that a builder has', async () => {
  const ec2 = server.ec2(REGION);
  const volumes = [
    volume('data', { sizeGiB: 3, iops: 4000 }),
    volume('free', { device: '/dev/sdg', content: 'empty' }),
    volume('kept-off', { device: '/dev/sdh', content: 'empty', inherited: true }),
  ];
  const keyPair = 'bake/acme/api/with-volumes';
  await builders.reserve(keyPair, tags);
  const group = { name: keyPair, description: 'volumes', port: 22, cidrs: [], tags };
  const securityGroup = await builders.createSecurityGroup(group);
  const other = { ...request, keyPair, securityGroup, clientToken: 'with-volumes' };
  const [id = ''] = await instances.launch({ ...other, count: 1, volumes });
  const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters }));
  const there = Volumes.map(({ Attachments, Size, Iops }) => [Attachments?.[0]?.Device, Size, Iops]);
  expect(there.slice(1)).toEqual([['/dev/sdf', 3, 4000]]);
  await instances.terminate(id);
  expect((await ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes).toEqual([]);
});
