import { CopyImageCommand, CreateKeyPairCommand, DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, callsAfter, outcome } from '../helpers/interference.ts';
import { SandboxServer } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => server.control('POST', 'reset'));

const settings = () => ({
  region: 'us-east-1',
  endpoint: server.endpoint,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
});

it('lists every request in order: what was asked, what it would change, and what came of it', async () => {
  const ec2 = server.ec2('eu-west-1');
  const s3 = new S3Client({ ...settings(), forcePathStyle: true });
  await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  await ec2.send(new CreateKeyPairCommand({ KeyName: 'k' }));
  await outcome(ec2.send(new CreateKeyPairCommand({ KeyName: 'k' })));
  await outcome(ec2.send(new CreateKeyPairCommand({ KeyName: 'dry', DryRun: true })));
  const copy = { SourceImageId: 'ami-00000000000000000', SourceRegion: 'us-east-1', Name: 'copy' };
  await outcome(ec2.send(new CopyImageCommand(copy)));
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'a/ä b', Body: 'x', IfNoneMatch: '*' }));
  await s3.send(new ListBucketsCommand({}));
  const RoleArn = 'arn:aws:iam::111122223333:role/release';
  await new STSClient(settings()).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 's' }));
  await new SSMClient(settings()).send(new PutParameterCommand({ Name: '/p', Value: 'v', Type: 'String' }));

  const calls = await callsAfter(server, 0);
  const first = calls[0]?.n ?? 0;
  expect(calls.map((call) => call.n - first)).toEqual(calls.map((_, index) => index));
  expect(calls.map((call) => [call.service, call.action, call.status, call.errorCode, call.mutating])).toEqual([
    ['ec2', 'DescribeImages', 200, null, false],
    ['ec2', 'CreateKeyPair', 200, null, true],
    ['ec2', 'CreateKeyPair', 400, 'InvalidKeyPair.Duplicate', true],
    ['ec2', 'CreateKeyPair', 412, 'DryRunOperation', false],
    ['ec2', 'CopyImage', 400, 'InvalidAMIID.NotFound', true],
    ['s3', 'CreateBucket', 200, null, true],
    ['s3', 'PutObject', 200, null, true],
    ['s3', 'ListBuckets', 200, null, false],
    ['sts', 'AssumeRole', 200, null, false],
    ['ssm', 'PutParameter', 200, null, true],
  ]);
  expect(calls[0]).toMatchObject({ region: 'eu-west-1', account: '123456789012', parameters: { 'Owner.1': 'self' } });
  expect(calls[4]?.parameters).toMatchObject(copy);
  expect(calls[6]?.parameters).toEqual({ Bucket: 'bucket', Key: 'a/ä b', IfNoneMatch: '*' });
  expect(calls[9]?.parameters).toEqual({ Name: '/p', Value: 'v', Type: 'String' });
  expect((await callsAfter(server, calls[7]?.n ?? 0)).map((call) => call.action)).toEqual([
    'AssumeRole',
    'PutParameter',
  ]);
});

it('keeps no secrets, and forgets when it is told to, without using a number twice', async () => {
  const ssm = new SSMClient(settings());
  await ssm.send(new PutParameterCommand({ Name: '/p', Value: 'hidden', Type: 'SecureString' }));
  const [before] = await callsAfter(server, 0);
  expect(before?.parameters).toEqual({ Name: '/p', Type: 'SecureString' });
  expect(await ask(server, 'calls/reset', {})).toMatchObject({ calls: [], last: before?.n });
  await ssm.send(new PutParameterCommand({ Name: '/p', Value: 'again', Type: 'String', Overwrite: true }));
  expect(await callsAfter(server, 0)).toMatchObject([{ n: (before?.n ?? 0) + 1, action: 'PutParameter' }]);
});
