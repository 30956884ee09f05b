import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateImageCommand,
  CreateKeyPairCommand,
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  type EC2Client,
  RunInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { ensureVenv } from '../../src/setup/venv.ts';
import { SandboxServer } from '../helpers/sandbox-server.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

const X86_64 = { Name: 'architecture', Values: ['x86_64'] };

async function run(ec2: EC2Client): Promise<string> {
  const { Images } = await ec2.send(new DescribeImagesCommand({ Filters: [X86_64] }));
  const launch = { ImageId: Images?.[0]?.ImageId, InstanceType: 't3.small' as const, MinCount: 1, MaxCount: 1 };
  return (await ec2.send(new RunInstancesCommand(launch))).Instances?.[0]?.InstanceId ?? '';
}

async function states(ec2: EC2Client): Promise<Record<string, unknown>> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const instances = Reservations.flatMap((one) => one.Instances ?? []);
  return Object.fromEntries(instances.map((one) => [one.InstanceId, one.State?.Name]));
}

it('remembers everything it answered for, after a crash', async () => {
  await using server = await SandboxServer.start();
  const ec2 = server.ec2();
  const [running, stopped] = [await run(ec2), await run(ec2)];
  await ec2.send(new StopInstancesCommand({ InstanceIds: [stopped] }));
  await ec2.send(new CreateKeyPairCommand({ KeyName: 'kept' }));
  const { ImageId = '' } = await ec2.send(new CreateImageCommand({ InstanceId: stopped, Name: 'kept' }));
  await ec2.send(new CreateTagsCommand({ Resources: [ImageId], Tags: [{ Key: 'a', Value: 'b' }] }));
  const s3 = () =>
    new S3Client({ region: 'eu-central-1', endpoint: server.endpoint, credentials, forcePathStyle: true });
  const ssm = () => new SSMClient({ region: 'eu-central-1', endpoint: server.endpoint, credentials });
  const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' as const };
  await s3().send(new CreateBucketCommand({ Bucket: 'kept', CreateBucketConfiguration }));
  await s3().send(new PutObjectCommand({ Bucket: 'kept', Key: 'k', Body: 'content' }));
  await ssm().send(new PutParameterCommand({ Name: '/bake/kept', Value: ImageId, Type: 'String' }));

  expect(await server.end('SIGKILL')).toBe('SIGKILL');
  await server.start();

  const again = server.ec2();
  const { Images } = await again.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
  expect(Images?.[0]).toMatchObject({ Name: 'kept', State: 'available', Tags: [{ Key: 'a', Value: 'b' }] });
  expect(await states(again)).toEqual({ [running]: 'terminated', [stopped]: 'stopped' });
  const { Reservations } = await again.send(new DescribeInstancesCommand({ InstanceIds: [running] }));
  expect(Reservations?.[0]?.Instances?.[0]?.StateReason?.Code).toBe('Server.InternalError');
  expect((await again.send(new DescribeKeyPairsCommand({ KeyNames: ['kept'] }))).KeyPairs).toHaveLength(1);
  const object = await s3().send(new GetObjectCommand({ Bucket: 'kept', Key: 'k' }));
  expect(await object.Body?.transformToString()).toBe('content');
  const head = await s3().send(new HeadObjectCommand({ Bucket: 'kept', Key: 'k' }));
  expect(head.ContentLength).toBe('content'.length);
  const { Parameter } = await ssm().send(new GetParameterCommand({ Name: '/bake/kept' }));
  expect(Parameter?.Value).toBe(ImageId);
});

it('refuses damaged state, says what to type, and deletes nothing', async () => {
  await using server = await SandboxServer.start();
  await server.ec2().send(new CreateKeyPairCommand({ KeyName: 'a' }));
  expect(await server.end()).toBe(0);
  const state = join(server.stateDir, 'state');
  const files = await readdir(state, { recursive: true });
  const path = join(state, files.find((name) => name.endsWith('.pickle')) ?? '');
  await writeFile(path, (await readFile(path)).subarray(0, -10));
  const child = server.spawn();
  const [code] = await once(child, 'exit');
  expect(code).toBe(2);
  const log = await server.log();
  expect(log).toContain(path);
  expect(log).toContain('bake sandbox reset');
  expect(await readdir(state, { recursive: true })).toEqual(files);
});

it('lets one server use a state folder at a time', async () => {
  await using server = await SandboxServer.start();
  const [code] = await once(server.spawn(), 'exit');
  expect(code).toBe(2);
  expect(await server.log()).toContain('another sandbox is using');
  expect((await server.control('GET', 'status')).version).toBe(1);
});

it('reports status, resets, and shuts down', async () => {
  await using server = await SandboxServer.start();
  const ec2 = server.ec2();
  const id = await run(ec2);
  const status = await server.control('GET', 'status');
  expect(status).toMatchObject({ machines: 'none', instances: [{ instanceId: id, state: 'running' }] });
  await server.control('POST', 'reset');
  expect((await server.control('GET', 'status')).instances).toEqual([]);
  expect(await states(ec2)).toEqual({});
  await run(ec2);
  const { file } = server;
  await server.control('POST', 'shutdown');
  expect(await server.end()).toBe(0);
  expect(file.version).toBe(1);
  await expect(stat(join(server.stateDir, 'server.json'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('has the instance profile that is asked for, once, and after a crash', async () => {
  await using server = await SandboxServer.start();
  const launch = async () => {
    const { Images } = await server.ec2().send(new DescribeImagesCommand({ Filters: [X86_64] }));
    const request = { ImageId: Images?.[0]?.ImageId, MinCount: 1, MaxCount: 1, IamInstanceProfile: { Name: 'reader' } };
    const { Instances } = await server.ec2().send(new RunInstancesCommand(request));
    return Instances?.[0]?.IamInstanceProfile?.Arn;
  };
  await expect(launch()).rejects.toThrow(/reader/);
  for (const _ of ['once', 'and again']) await server.control('POST', 'instance-profile/reader');
  expect(await server.end('SIGKILL')).toBe('SIGKILL');
  await server.start();
  expect(await launch()).toMatch(/:instance-profile\/reader$/);
});

it.each(['iam', 'sts'])('makes no instance profile while a request to %s may change the same', async (service) => {
  const script = join(import.meta.dirname, '../helpers/profile_beside_request.py');
  const { stdout } = await execa(await ensureVenv(), ['-B', script, service]);
  expect(stdout).toBe('request profile');
});
