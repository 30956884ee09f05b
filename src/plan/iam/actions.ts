/** A call as its API names it, `s3:ListObjectsV2`. */
export type Call = `${'ec2' | 's3' | 'ssm' | 'sts' | 'kms' | 'iam' | 'secretsmanager' | 'servicequotas'}:${string}`;

/**
 * IAM's actions for calls that it names otherwise; all others have the name of the call. Those of S3 from its user guide,
 * "Required permissions for Amazon S3 API operations".
 */
const NAMED_OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  's3:GetBucketEncryption': ['s3:GetEncryptionConfiguration'],
  's3:GetBucketLifecycleConfiguration': ['s3:GetLifecycleConfiguration'],
  // By version, another action than without.
  's3:GetObject': ['s3:GetObject', 's3:GetObjectVersion'],
  's3:GetPublicAccessBlock': ['s3:GetBucketPublicAccessBlock'],
  's3:HeadObject': ['s3:GetObject', 's3:GetObjectVersion'],
  's3:ListObjectVersions': ['s3:ListBucketVersions'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  's3:PutBucketEncryption': ['s3:PutEncryptionConfiguration'],
  's3:PutBucketLifecycleConfiguration': ['s3:PutLifecycleConfiguration'],
  's3:PutPublicAccessBlock': ['s3:PutBucketPublicAccessBlock'],
};

/** What whoever makes the call has to be allowed. */
export const actionsOf = (call: Call): readonly string[] => NAMED_OTHERWISE[call] ?? [call];

/** Allowed to everybody, whatever policies say. */
export const ALWAYS_ALLOWED: readonly Call[] = ['sts:GetCallerIdentity'];
