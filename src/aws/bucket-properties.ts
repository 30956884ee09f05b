import type { AccountId } from '../model/ids.ts';
import type { Tags } from '../model/image.ts';
import type { BucketFeature, BucketProperties } from '../run/region-effects.ts';
import { giveLifecycle, type Lifecycle } from './bucket-lifecycle.ts';
import { isAwsError } from './errors.ts';
import {
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyStatusCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
  type ServerSideEncryption,
} from './sdk/s3.ts';

export interface OwnedBucket {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: AccountId;
}

const BLOCK_ALL = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

export async function bucketProperties(client: S3Client, owned: OwnedBucket): Promise<BucketProperties> {
  const [versioning, encryption, block, policy, ownership] = await Promise.all([
    client.send(new GetBucketVersioningCommand(owned)),
    orNone(client.send(new GetBucketEncryptionCommand(owned)), 'ServerSideEncryptionConfigurationNotFoundError'),
    orNone(client.send(new GetPublicAccessBlockCommand(owned)), 'NoSuchPublicAccessBlockConfiguration'),
    orNone(client.send(new GetBucketPolicyStatusCommand(owned)), 'NoSuchBucketPolicy'),
    orNone(client.send(new GetBucketOwnershipControlsCommand(owned)), 'OwnershipControlsNotFoundError'),
  ]);
  const rule = encryption?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
  const blocked = block?.PublicAccessBlockConfiguration ?? {};
  const key = rule?.KMSMasterKeyID;
  return {
    versioned: versioning.Status === 'Enabled',
    ...(rule?.SSEAlgorithm === undefined
      ? {}
      : { encryption: { algorithm: rule.SSEAlgorithm, ...(key === undefined ? {} : { key }) } }),
    blocksPublic: (Object.keys(BLOCK_ALL) as (keyof typeof BLOCK_ALL)[]).every((name) => blocked[name] === true),
    policyIsPublic: policy?.PolicyStatus?.IsPublic === true,
    ownerEnforced: ownership?.OwnershipControls?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced',
  };
}

export async function bucketTags(client: S3Client, owned: OwnedBucket): Promise<Tags> {
  const found = await orNone(client.send(new GetBucketTaggingCommand(owned)), 'NoSuchTagSet');
  return Object.fromEntries((found?.TagSet ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

export interface BucketSettings {
  readonly kmsKey: string | undefined;
  readonly tags: Tags;
  readonly lifecycle?: Lifecycle | undefined;
}

export async function giveFeature(
  client: S3Client,
  owned: OwnedBucket,
  feature: BucketFeature,
  { kmsKey, tags, lifecycle }: BucketSettings,
): Promise<void> {
  switch (feature) {
    case 'versioning':
      await client.send(new PutBucketVersioningCommand({ ...owned, VersioningConfiguration: { Status: 'Enabled' } }));
      return;
    case 'encryption': {
      const algorithm: ServerSideEncryption = kmsKey === undefined ? 'AES256' : 'aws:kms';
      const byDefault = { SSEAlgorithm: algorithm, ...(kmsKey === undefined ? {} : { KMSMasterKeyID: kmsKey }) };
      const rule = { ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled: kmsKey !== undefined };
      const ServerSideEncryptionConfiguration = { Rules: [rule] };
      await client.send(new PutBucketEncryptionCommand({ ...owned, ServerSideEncryptionConfiguration }));
      return;
    }
    case 'public access block':
      await client.send(new PutPublicAccessBlockCommand({ ...owned, PublicAccessBlockConfiguration: BLOCK_ALL }));
      return;
    case 'owner': {
      const OwnershipControls = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' as const }] };
      await client.send(new PutBucketOwnershipControlsCommand({ ...owned, OwnershipControls }));
      return;
    }
    case 'tags': {
      // The call replaces all tags, and somebody else may have put some there.
      const merged = Object.entries({ ...(await bucketTags(client, owned)), ...tags });
      const TagSet = merged.map(([Key, Value]) => ({ Key, Value }));
      await client.send(new PutBucketTaggingCommand({ ...owned, Tagging: { TagSet } }));
      return;
    }
    case 'lifecycle':
      if (lifecycle !== undefined) await giveLifecycle(client, owned, lifecycle);
      return;
  }
}

async function orNone<T>(answer: Promise<T>, ...names: readonly string[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isAwsError(error, ...names)) return undefined;
    throw error;
  }
}
