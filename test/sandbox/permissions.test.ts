import { CreateTagsCommand, DescribeVpcsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Document, IamLab } from '../helpers/iam-lab.ts';
import { outcome } from '../helpers/interference.ts';
import { makeAmi } from '../helpers/make-ami.ts';
import { type AwsKeys, debianEntry, SandboxServer } from '../helpers/sandbox-server.ts';

const REGION = 'eu-central-1';

let server: SandboxServer;
let iam: IamLab;
beforeAll(async () => {
  server = await SandboxServer.start([debianEntry('x86_64')]);
  iam = new IamLab(server);
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => server.control('POST', 'reset'));

const policy = (...Statement: readonly object[]): Document =>
  ({ Version: '2012-10-17', Statement: Statement.map((one) => ({ Effect: 'Allow', ...one })) }) as Document;

/** What comes of a call by somebody who may do that and no more. */
async function attempt(
  allowed: Document,
  call: (client: EC2Client, keys: AwsKeys) => Promise<unknown>,
): Promise<string> {
  let found = '';
  await iam.judge(allowed, async (keys) => {
    found = await outcome(call(server.ec2(REGION, keys), keys));
    return { code: 0, stdout: '', stderr: '' };
  });
  return found;
}

const look = (client: EC2Client) => client.send(new DescribeVpcsCommand({}));

it.each<[string, object, string]>([
  ['the action', { Action: 'ec2:DescribeVpcs', Resource: '*' }, 'done'],
  ['actions like it', { Action: ['s3:*', 'ec2:Describe*'], Resource: '*' }, 'done'],
  ['another one', { Action: 'ec2:DescribeSubnets', Resource: '*' }, 'UnauthorizedOperation'],
  ['it on some resource', { Action: 'ec2:DescribeVpcs', Resource: 'arn:aws:ec2:*:*:vpc/*' }, 'UnauthorizedOperation'],
  [
    'it in this region',
    { Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': [REGION] } } },
    'done',
  ],
  [
    'it in another region',
    { Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } } },
    'UnauthorizedOperation',
  ],
  ['what nobody here understands', { Action: '*', Resource: '*', Condition: { Bool: { a: 'true' } } }, 'InvalidAction'],
])('lets those who are allowed %s do it', async (_, statement, found) => {
  expect(await attempt(policy(statement), look)).toBe(found);
});

it('denies what a statement denies', async () => {
  const all = { Action: '*', Resource: '*' };
  expect(await attempt(policy(all, { ...all, Effect: 'Deny' }), look)).toBe('UnauthorizedOperation');
});

it('knows the tags of what a call is about, and those that it gives', async () => {
  const mine = await makeAmi(server.ec2(REGION), 'mine', { project: 'mine' });
  const theirs = await makeAmi(server.ec2(REGION), 'theirs', { project: 'theirs' });
  const tag = (id: string, value: string) => (client: EC2Client) =>
    client.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'grade', Value: value }] }));
  const allowed = policy({
    Action: 'ec2:CreateTags',
    Resource: `arn:aws:ec2:${REGION}::image/*`,
    Condition: { StringEquals: { 'aws:ResourceTag/project': 'mine', 'aws:RequestTag/grade': 'good' } },
  });
  expect(await attempt(allowed, tag(mine, 'good'))).toBe('done');
  expect(await attempt(allowed, tag(mine, 'bad'))).toBe('UnauthorizedOperation');
  expect(await attempt(allowed, tag(theirs, 'good'))).toBe('UnauthorizedOperation');
});

it('tells of an object that is not there only to those who may list the bucket', async () => {
  const s3 = (credentials: AwsKeys) =>
    new S3Client({ region: REGION, endpoint: server.endpoint, credentials, forcePathStyle: true, maxAttempts: 1 });
  const Bucket = 'told';
  const LocationConstraint = REGION;
  const CreateBucketConfiguration = { LocationConstraint } as const;
  await s3({ accessKeyId: 'test', secretAccessKey: 'test' }).send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration }),
  );
  const read = (_: EC2Client, keys: AwsKeys) => s3(keys).send(new GetObjectCommand({ Bucket, Key: 'none' }));
  const reads = { Action: 's3:GetObject', Resource: 'arn:aws:s3:::told/*' };
  expect(await attempt(policy(reads), read)).toBe('AccessDenied');
  expect(await attempt(policy(reads, { Action: 's3:ListBucket', Resource: 'arn:aws:s3:::told' }), read)).toBe(
    'NoSuchKey',
  );
});

it('asks nobody unless it is told to, and not after a reset', async () => {
  expect(await server.set('permissions', { enforced: true })).toMatchObject({ enforced: true });
  await expect(server.set('permissions', { enforced: 'yes' })).rejects.toThrow('permissions takes');
  await server.control('POST', 'reset');
  expect(await server.control('GET', 'permissions')).toMatchObject({ enforced: false });
});
