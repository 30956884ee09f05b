import type { Purpose, Row } from '../row.ts';
import type { BucketUse, Scope } from '../scope.ts';

const bucketOf = ({ partition }: Scope, { bucket }: BucketUse): string => `arn:${partition}:s3:::${bucket}`;
const objectsOf = ({ partition }: Scope, { bucket, prefix }: BucketUse): string =>
  `arn:${partition}:s3:::${bucket}/${prefix}*`;

const state = (arnOf: typeof bucketOf) => (scope: Scope) => ({
  resources: scope.state === undefined ? [] : [arnOf(scope, scope.state)],
});
const configs = (arnOf: typeof bucketOf) => (scope: Scope) => ({
  resources: scope.configs.map((use) => arnOf(scope, use)),
});

/** Whoever works on the project keeps something there. */
const STATE: readonly Purpose[] = ['build', 'promote', 'setup', 'try', 'prune', 'sweep'];
/** A promotion looks whether instances will find what they load. */
const CONFIG: readonly Purpose[] = ['promote', 'publish', 'setup'];

/** The state bucket, and those that instances load their configuration from. */
export const BUCKETS: readonly Row[] = [
  {
    sid: 'LookIntoState',
    for: STATE,
    // Without s3:ListBucket a key that is not there is a 403 like one that may not be read.
    calls: ['s3:GetBucketVersioning', 's3:ListObjectVersions', 's3:ListObjectsV2'],
    reach: state(bucketOf),
  },
  { sid: 'ReadState', for: STATE, calls: ['s3:GetObject', 's3:HeadObject'], reach: state(objectsOf) },
  { sid: 'WriteState', for: ['build', 'promote', 'setup', 'try'], calls: ['s3:PutObject'], reach: state(objectsOf) },
  {
    sid: 'SetUpState',
    for: ['setup'],
    calls: [
      's3:CreateBucket',
      's3:GetBucketEncryption',
      's3:GetBucketLifecycleConfiguration',
      's3:GetBucketOwnershipControls',
      's3:GetBucketPolicyStatus',
      's3:GetBucketTagging',
      's3:GetPublicAccessBlock',
      's3:PutBucketEncryption',
      's3:PutBucketLifecycleConfiguration',
      's3:PutBucketOwnershipControls',
      's3:PutBucketTagging',
      's3:PutBucketVersioning',
      's3:PutPublicAccessBlock',
    ],
    reach: state(bucketOf),
  },
  {
    sid: 'LookIntoConfig',
    for: CONFIG,
    calls: [
      's3:GetBucketEncryption',
      's3:GetBucketOwnershipControls',
      's3:GetBucketPolicyStatus',
      's3:GetBucketVersioning',
      's3:GetPublicAccessBlock',
      's3:ListObjectVersions',
      's3:ListObjectsV2',
    ],
    reach: configs(bucketOf),
  },
  { sid: 'ReadConfig', for: CONFIG, calls: ['s3:GetObject', 's3:HeadObject'], reach: configs(objectsOf) },
  { sid: 'PublishConfig', for: ['publish', 'setup'], calls: ['s3:PutObject'], reach: configs(objectsOf) },
  {
    sid: 'SetUpConfig',
    for: ['setup'],
    calls: [
      's3:CreateBucket',
      's3:GetBucketTagging',
      's3:PutBucketEncryption',
      's3:PutBucketOwnershipControls',
      's3:PutBucketTagging',
      's3:PutBucketVersioning',
      's3:PutPublicAccessBlock',
    ],
    reach: configs(bucketOf),
  },
  // The loader of an image, on its instances.
  { sid: 'LoadConfig', for: ['instance'], calls: ['s3:GetObject'], reach: configs(objectsOf) },
  { sid: 'FindConfig', for: ['instance'], calls: ['s3:ListObjectsV2'], reach: configs(bucketOf) },
  {
    // Session Manager's agent, on builders.
    sid: 'BeReachable',
    for: ['instance'],
    calls: [],
    also: [
      'ec2messages:AcknowledgeMessage',
      'ec2messages:DeleteMessage',
      'ec2messages:FailMessage',
      'ec2messages:GetEndpoint',
      'ec2messages:GetMessages',
      'ec2messages:SendReply',
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ],
    reach: ({ sessionManager }) => ({ resources: sessionManager ? ['*'] : [] }),
  },
];
