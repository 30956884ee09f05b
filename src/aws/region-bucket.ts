import { BakeError } from '../model/errors.ts';
import type { Tags } from '../model/image.ts';
import type { Site } from '../model/promotion.ts';
import type { BucketPlace, NewObject, RegionBucket, ServerTime, StoredObject } from '../run/region-effects.ts';
import { hasLifecycle, type Lifecycle } from './bucket-lifecycle.ts';
import { bucketProperties, bucketTags, giveFeature } from './bucket-properties.ts';
import type { AwsConnection } from './connection.ts';
import { attempting, awsError, isAwsError } from './errors.ts';
import { orAbsent, s3Client } from './s3.ts';
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  paginateListObjectsV2,
  type S3Client,
  type S3ServiceException,
} from './sdk/s3.ts';

export interface BucketRequest {
  readonly target: Site;
  readonly bucket: string;
  /** Absent: objects are encrypted with keys that S3 keeps. */
  readonly kmsKey?: string | undefined;
  /** Of a bucket that is made, or has none. */
  readonly tags: Tags;
  readonly lifecycle?: Lifecycle;
}

/** `connection` is of the target's region and account. */
export function createRegionBucket(connection: AwsConnection, request: BucketRequest): RegionBucket {
  const { target, bucket: Bucket, kmsKey, lifecycle } = request;
  const client = s3Client(connection);
  const owned = { Bucket, ExpectedBucketOwner: target.account };
  const attempt = attempting(connection);
  const clock = serverClock(client);
  const put = ({ key, content, sha256 }: NewObject, condition: Partial<PutObjectCommandInput> = {}) =>
    client.send(
      new PutObjectCommand({
        ...owned,
        Key: key,
        Body: content,
        ContentLength: content.length,
        ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
        ...(key.endsWith('.json') ? { ContentType: 'application/json' } : {}),
        ...(kmsKey === undefined
          ? { ServerSideEncryption: 'AES256' }
          : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey, BucketKeyEnabled: true }),
        ...condition,
      }),
    );
  const read = (key: string, versionId?: string) =>
    attempt(`read ${Bucket}/${key}`, () =>
      orAbsent(async (): Promise<StoredObject> => {
        const version = versionId === undefined ? {} : { VersionId: versionId };
        const found = await client.send(new GetObjectCommand({ ...owned, Key: key, ...version }));
        const content = Buffer.from((await found.Body?.transformToByteArray()) ?? []);
        const { VersionId = 'null', ETag = '' } = found;
        return { content, versionId: VersionId, etag: ETag, encryption: encryptionOf(found) };
      }),
    );
  return {
    find: () => attempt(`look at bucket ${Bucket}`, () => findBucket(client, owned, connection)),
    properties: () => attempt(`read the properties of bucket ${Bucket}`, () => bucketProperties(client, owned)),
    tags: () => attempt(`read the tags of bucket ${Bucket}`, () => bucketTags(client, owned)),
    hasLifecycle: () =>
      attempt(`read the lifecycle of bucket ${Bucket}`, async () => {
        return lifecycle === undefined || (await hasLifecycle(client, owned, lifecycle));
      }),

    create: () =>
      attempt(`create bucket ${Bucket}`, async () => {
        const LocationConstraint = target.region as BucketLocationConstraint;
        // In us-east-1, naming the region is an error.
        const placed = target.region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint } };
        const ObjectOwnership = 'BucketOwnerEnforced' as const;
        try {
          await client.send(new CreateBucketCommand({ Bucket, ...placed, ObjectOwnership }));
        } catch (error) {
          // A look that finds it in another region, or in another account, comes next.
          if (isAwsError(error, 'BucketAlreadyExists')) throw bucketTaken(Bucket, target);
          if (!isAwsError(error, 'BucketAlreadyOwnedByYou', 'OperationAborted')) throw error;
        }
      }),

    give: (feature) =>
      attempt(`set ${feature} of bucket ${Bucket}`, () =>
        giveFeature(client, owned, feature, { kmsKey, tags: request.tags, lifecycle }),
      ),

    read,

    look: (key, versionId) =>
      attempt(`look at ${Bucket}/${key}`, () =>
        orAbsent(async () => {
          const found = await client.send(new HeadObjectCommand({ ...owned, Key: key, VersionId: versionId }));
          return { encryption: encryptionOf(found) };
        }),
      ),

    write: (object) => attempt(`write ${Bucket}/${object.key}`, async () => (await put(object)).VersionId),

    writeOver: async (etag, object) => {
      try {
        return (await put(object, etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag })).ETag;
      } catch (error) {
        if (!isAwsError(error, 'PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'))
          throw awsError(error, `write ${Bucket}/${object.key}`, connection);
        // An answer that was lost makes the SDK write twice, and the second time it is our own that is in the way.
        const there = await read(object.key);
        return there?.content.equals(object.content) === true ? there.etag : undefined;
      }
    },

    versions: (key) =>
      attempt(`list the versions of ${Bucket}/${key}`, async () => {
        const ids: string[] = [];
        for (let next = {}, more = true; more; ) {
          const page = await client.send(new ListObjectVersionsCommand({ ...owned, Prefix: key, ...next }));
          ids.push(...(page.Versions ?? []).flatMap(({ Key, VersionId = 'null' }) => (Key === key ? [VersionId] : [])));
          more = page.IsTruncated === true;
          next = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
        }
        return ids;
      }),

    list: (prefix) =>
      attempt(`list ${Bucket}/${prefix}`, async () => {
        const keys: string[] = [];
        for await (const page of paginateListObjectsV2({ client }, { ...owned, Prefix: prefix })) {
          keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
        }
        return keys;
      }),

    time: clock,
  };
}

/** S3's clock, by the header that every answer has, to the second. */
function serverClock(client: S3Client): () => ServerTime {
  let ahead = { earliest: 0, latest: 0 };
  client.middlewareStack.add(
    (next) => async (args) => {
      const sent = Date.now();
      const result = await next(args);
      const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
      const told = Date.parse(headers?.date ?? '');
      if (!Number.isNaN(told)) ahead = { earliest: told - Date.now(), latest: told + 1000 - sent };
      return result;
    },
    // Before the answer is read, since that throws where it is an error.
    { step: 'deserialize', priority: 'low', name: 'serverClock' },
  );
  return () => {
    const now = Date.now();
    return { earliest: now + ahead.earliest, latest: now + ahead.latest };
  };
}

/** What S3 says in one region about a bucket of another; of regions that an account has to enable, the last one. */
const ELSEWHERE = [
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
];

/** By a call whose failures have a body: to a HEAD, S3 gives no reason. */
async function findBucket(
  client: S3Client,
  owned: { readonly Bucket: string; readonly ExpectedBucketOwner: string },
  { region }: AwsConnection,
): Promise<BucketPlace> {
  try {
    const { Status } = await client.send(new GetBucketVersioningCommand(owned));
    return { at: 'there', versioned: Status === 'Enabled' };
  } catch (error) {
    if (isAwsError(error, 'NoSuchBucket')) return { at: 'nowhere' };
    const { $response } = error as S3ServiceException;
    const says = $response?.headers['x-amz-bucket-region'];
    if (isAwsError(error, ...ELSEWHERE))
      return { at: 'elsewhere', ...(says === undefined || says === region ? {} : { region: says }) };
    if (isAwsError(error, 'AccessDenied')) return { at: 'refused', reason: (error as Error).message };
    throw error;
  }
}

function encryptionOf({ ServerSideEncryption: algorithm, SSEKMSKeyId: key }: HeadObjectCommandOutput) {
  if (algorithm === undefined) return undefined;
  return { algorithm, ...(key === undefined ? {} : { key }) };
}

export function bucketTaken(bucket: string, { account, region }: Site): BakeError {
  return new BakeError({
    code: 'bucket-taken',
    message: `bucket ${bucket} exists and is not account ${account}'s, or not in ${region}`,
    hint: 'Bucket names are global: put something of your own into the name, {account} for example.',
    blame: 'user',
  });
}
