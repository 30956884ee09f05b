import {
  CopyImageCommand,
  CreateImageCommand,
  CreateKeyPairCommand,
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeKeyPairsCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  ModifyImageAttributeCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, outcome } from '../helpers/interference.ts';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
let ec2: EC2Client;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  await server.control('POST', 'reset');
  ec2 = server.ec2();
});

const HOURS = { seconds: 3600 };
const own = async () => (await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images ?? [];
const byId = (ImageId: string) => ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));

async function makeImage(Name: string): Promise<string> {
  const filters = [{ Name: 'architecture', Values: ['x86_64'] }];
  const { Images } = await ec2.send(new DescribeImagesCommand({ Filters: filters }));
  const launch = { ImageId: Images?.[0]?.ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.small' as const };
  const InstanceId = (await ec2.send(new RunInstancesCommand(launch))).Instances?.[0]?.InstanceId;
  return (await ec2.send(new CreateImageCommand({ InstanceId, Name }))).ImageId ?? '';
}

it('is off: what was made is seen at once', async () => {
  const id = await makeImage('seen');
  expect((await own()).map((image) => image.ImageId)).toEqual([id]);
});

it('hides an image and its snapshots from lists, and by id, until the time is over', async () => {
  await ask(server, 'consistency', HOURS);
  const id = await makeImage('hidden');
  expect(await own()).toEqual([]);
  expect((await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))).Snapshots).toEqual([]);
  expect(await outcome(byId(id))).toBe('InvalidAMIID.NotFound');
  const share = { LaunchPermission: { Add: [{ UserId: '111122223333' }] } };
  expect(await outcome(ec2.send(new ModifyImageAttributeCommand({ ImageId: id, ...share })))).toBe(
    'InvalidAMIID.NotFound',
  );
  const copy = { SourceImageId: id, SourceRegion: 'eu-central-1', Name: 'copy' };
  expect(await outcome(server.ec2('us-east-1').send(new CopyImageCommand(copy)))).toBe('InvalidAMIID.NotFound');
  // Its name is taken all the same.
  expect(await outcome(makeImage('hidden'))).toBe('InvalidAMIName.Duplicate');
  await ask(server, 'consistency', { seconds: 0 });
  expect((await own()).map((image) => image.ImageId)).toEqual([id]);
});

it('shows a tag as it was before, and a key pair later', async () => {
  const id = await makeImage('tagged');
  const tag = (Value: string) => ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'a', Value }] }));
  await tag('old');
  await ask(server, 'consistency', HOURS);
  await tag('new');
  await tag('newest');
  await ec2.send(new CreateKeyPairCommand({ KeyName: 'k' }));
  const keys = async () => (await ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs?.map((key) => key.KeyName);
  expect([(await own())[0]?.Tags, await keys()]).toEqual([[{ Key: 'a', Value: 'old' }], []]);
  const filtered = { Filters: [{ Name: 'tag:a', Values: ['newest'] }] };
  expect((await ec2.send(new DescribeImagesCommand(filtered))).Images).toEqual([]);
  await ask(server, 'consistency', { seconds: 0 });
  expect([(await own())[0]?.Tags, await keys()]).toEqual([[{ Key: 'a', Value: 'newest' }], ['k']]);
});

it('ends by itself, and loses nothing in a crash', async () => {
  await ask(server, 'consistency', { seconds: 0.5 });
  const id = await makeImage('soon');
  await until(async () => (await outcome(byId(id))) === 'done', 30_000);
  await ask(server, 'consistency', HOURS);
  await ec2.send(new CreateKeyPairCommand({ KeyName: 'k' }));
  expect((await ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs).toEqual([]);
  expect(await server.end('SIGKILL')).toBe('SIGKILL');
  await server.start();
  expect((await server.ec2().send(new DescribeKeyPairsCommand({}))).KeyPairs).toHaveLength(1);
});
