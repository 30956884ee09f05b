import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../helpers/builders.ts';
import { SandboxServer } from '../helpers/sandbox-server.ts';

const OURS = '123456789012';
const THEIRS = '111122223333';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
  await versioned('ours');
});
afterAll(() => server[Symbol.asyncDispose]());

const s3 = (region: string, keys = credentials) =>
  new S3Client({ region, endpoint: server.endpoint, credentials: keys, forcePathStyle: true, maxAttempts: 1 });

async function versioned(Bucket: string, client = s3('eu-west-1')): Promise<void> {
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' as const };
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
}

async function asThem(): Promise<S3Client> {
  const sts = new STSClient({ region: 'eu-west-1', endpoint: server.endpoint, credentials });
  const RoleArn = `arn:aws:iam::${THEIRS}:role/release`;
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }));
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return s3('eu-west-1', {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...{ sessionToken: SessionToken },
  });
}

const status = (answer: Promise<unknown>) =>
  answer.then(
    () => 200,
    (error: { readonly $metadata: { readonly httpStatusCode?: number } }) => error.$metadata.httpStatusCode,
  );
const nameOf = (answer: Promise<unknown>) =>
  answer.then(
    () => 'done',
    (error: Error) => error.name,
  );

describe('a request to another region than the bucket is in', () => {
  it('is redirected, and is told where', async () => {
    const elsewhere = s3('us-east-1');
    for (const command of [
      new GetObjectCommand({ Bucket: 'ours', Key: 'a' }),
      new HeadBucketCommand({ Bucket: 'ours' }),
    ]) {
      const error = await elsewhere.send(command as GetObjectCommand).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ $metadata: { httpStatusCode: 301 } });
      expect(error).toHaveProperty(['$response', 'headers', 'x-amz-bucket-region'], 'eu-west-1');
    }
    expect(await nameOf(elsewhere.send(new PutObjectCommand({ Bucket: 'ours', Key: 'a', Body: 'x' })))).toBe(
      'PermanentRedirect',
    );
  });

  it('may ask where it is, and may not make it again', async () => {
    const elsewhere = s3('us-east-1');
    const { LocationConstraint } = await elsewhere.send(new GetBucketLocationCommand({ Bucket: 'ours' }));
    expect(LocationConstraint).toBe('eu-west-1');
    expect(await nameOf(elsewhere.send(new CreateBucketCommand({ Bucket: 'ours' })))).toBe('BucketAlreadyOwnedByYou');
  });
});

describe('the expected owner', () => {
  it('lets the owner through and nobody else', async () => {
    const client = s3('eu-west-1');
    const put = (ExpectedBucketOwner: string) =>
      client.send(new PutObjectCommand({ Bucket: 'ours', Key: 'owned', Body: 'x', ExpectedBucketOwner }));
    expect(await nameOf(put(OURS))).toBe('done');
    expect(await nameOf(put(THEIRS))).toBe('AccessDenied');
    expect(await status(client.send(new HeadBucketCommand({ Bucket: 'ours', ExpectedBucketOwner: THEIRS })))).toBe(403);
  });

  it('is told from the account whose role is assumed, also after a restart', async () => {
    await versioned('theirs', await asThem());
    const look = async (ExpectedBucketOwner: string) =>
      status(s3('eu-west-1').send(new HeadBucketCommand({ Bucket: 'theirs', ExpectedBucketOwner })));
    expect([await look(THEIRS), await look(OURS)]).toEqual([200, 403]);
    expect(await server.end('SIGKILL')).toBe('SIGKILL');
    await server.start();
    expect([await look(THEIRS), await look(OURS)]).toEqual([200, 403]);
    expect(await nameOf(versioned('theirs'))).toBe('BucketAlreadyExists');
  });
});

describe('a conditional write', () => {
  const put = (Key: string, condition: object, Body = 'x') =>
    s3('eu-west-1').send(new PutObjectCommand({ Bucket: 'ours', Key, Body, ...condition }));

  it('is done where there is nothing, and once', async () => {
    expect(await nameOf(put('new', { IfNoneMatch: '*' }))).toBe('done');
    expect(await nameOf(put('new', { IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    await s3('eu-west-1').send(new DeleteObjectCommand({ Bucket: 'ours', Key: 'new' }));
    expect(await nameOf(put('new', { IfNoneMatch: '*' }))).toBe('done');
  });

  it('is done over what it names, and over nothing else', async () => {
    const { ETag } = await put('over', {});
    expect(await nameOf(put('over', { IfMatch: ETag }, 'y'))).toBe('done');
    expect(await nameOf(put('over', { IfMatch: ETag }, 'z'))).toBe('PreconditionFailed');
    expect(await nameOf(put('absent', { IfMatch: ETag }))).toBe('NoSuchKey');
  });

  it('lets one of many at once through', async () => {
    const { ETag } = await put('race', {}, 'start');
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, number) => nameOf(put('race', { IfMatch: ETag }, String(number)))),
    );
    expect(all.filter((name) => name === 'done')).toHaveLength(1);
  });
});

describe('a version', () => {
  it('keeps its content and its encryption', async () => {
    const client = s3('eu-west-1');
    const put = async (Body: string) => {
      const command = new PutObjectCommand({ Bucket: 'ours', Key: 'v', Body, ServerSideEncryption: 'AES256' });
      return (await client.send(command)).VersionId;
    };
    const [first] = [await put('one'), await put('two')];
    const old = await client.send(new GetObjectCommand({ Bucket: 'ours', Key: 'v', VersionId: first }));
    expect([await old.Body?.transformToString(), old.VersionId, old.ServerSideEncryption]).toEqual([
      'one',
      first,
      'AES256',
    ]);
    await client.send(new DeleteObjectCommand({ Bucket: 'ours', Key: 'v', VersionId: first }));
    expect(await status(client.send(new HeadObjectCommand({ Bucket: 'ours', Key: 'v', VersionId: first })))).toBe(404);
  });
});

it('refuses content that is not what its checksum says', async () => {
  const put = (Body: string) => {
    const ChecksumSHA256 = Buffer.from(sha256('right'), 'hex').toString('base64');
    return s3('eu-west-1').send(new PutObjectCommand({ Bucket: 'ours', Key: 'sum', Body, ChecksumSHA256 }));
  };
  expect([await nameOf(put('right')), await nameOf(put('wrong'))]).toEqual(['done', 'BadDigest']);
});
