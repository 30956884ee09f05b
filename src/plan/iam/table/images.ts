import type { S3Object } from '../../../model/artifact.ts';
import type { Row } from '../row.ts';
import { anywhere, ec2, givesTag, hasTag, isNoOthers, madeBy, named, on, type Scope } from '../scope.ts';

const IMAGES = ec2('image', 'snapshot');

/** What is copied is in another region than its copy. */
const copied = (scope: Scope): readonly string[] =>
  IMAGES({ ...scope, regions: [...new Set([...scope.regions, ...scope.looksAt])] });

const owned =
  (resources: (scope: Scope) => readonly string[]) =>
  (scope: Scope): readonly string[] =>
    scope.ownsImages ? resources(scope) : [];

/** Six characters of AWS's own follow the name of a secret. */
const secretArn = (scope: Scope, id: string): string =>
  id.startsWith('arn:') ? id : named(scope, 'secretsmanager', `secret:${id}-??????`);

/** Characters that mean something in an ARN of a policy, and nothing in a key. */
const artifactArn = ({ partition }: Scope, { bucket, key }: S3Object): string =>
  `arn:${partition}:s3:::${bucket}/${key.replace(/[*?$]/g, (special) => `\${${special}}`)}`;

/** Making images, marking them, and removing what is not finished. */
export const IMAGES_MADE: readonly Row[] = [
  {
    sid: 'FindSourceImages',
    for: ['build'],
    calls: ['ssm:GetParameter'],
    reach: on((scope) =>
      scope.sourceParameters.map(({ name, isPublic }) =>
        named(scope, 'ssm', `parameter/${name}`, isPublic ? '' : scope.account),
      ),
    ),
  },
  {
    sid: 'ReadSecretParameters',
    for: ['build'],
    calls: ['ssm:GetParameter'],
    reach: on((scope) => scope.secretParameters.map((name) => named(scope, 'ssm', `parameter/${name}`))),
  },
  {
    sid: 'ReadSecrets',
    for: ['build'],
    calls: ['secretsmanager:GetSecretValue'],
    reach: on((scope) => scope.secretIds.map((id) => secretArn(scope, id))),
  },
  {
    // Keys of the customer's: AWS's own let everybody of the account decrypt through these services.
    sid: 'DecryptSecrets',
    for: ['build'],
    calls: [],
    also: ['kms:Decrypt'],
    reach: on(
      (scope) => (scope.secretParameters.length + scope.secretIds.length === 0 ? [] : [named(scope, 'kms', 'key/*')]),
      () => ({ StringLike: { 'kms:ViaService': ['secretsmanager.*.amazonaws.com*', 'ssm.*.amazonaws.com*'] } }),
    ),
  },
  {
    // Of buckets in whatever region.
    sid: 'ReadArtifacts',
    for: ['build'],
    calls: ['s3:GetObject', 's3:HeadObject'],
    reach: (scope) => ({ resources: scope.artifactObjects.map((object) => artifactArn(scope, object)) }),
  },
  {
    sid: 'MakeImagesOf',
    for: ['build'],
    calls: ['ec2:CreateImage', 'ec2:StopInstances'],
    reach: on(ec2('instance'), hasTag),
  },
  { sid: 'MakeImages', for: ['build'], calls: ['ec2:CreateImage'], reach: on(IMAGES) },
  {
    // Packer 1.6 tags them when they are available, its plugin in the call that makes them.
    sid: 'TagNewImages',
    for: ['build'],
    calls: ['ec2:CreateTags'],
    reach: on(IMAGES, givesTag, isNoOthers),
  },
  {
    // Provenance, marks, what a trial has found.
    sid: 'TagImages',
    for: ['build', 'try'],
    calls: ['ec2:CreateTags', 'ec2:DeleteTags'],
    reach: on(IMAGES, hasTag),
  },
  { sid: 'RequireImdsV2', for: ['build'], calls: ['ec2:ModifyImageAttribute'], reach: on(ec2('image'), hasTag) },
  {
    // Of a bake that failed before Packer 1.6 came to tag it, too.
    sid: 'RemoveUnfinishedImages',
    for: ['build', 'try'],
    calls: ['ec2:DeleteSnapshot', 'ec2:DeregisterImage'],
    reach: on(IMAGES, isNoOthers),
  },
];

/** Copies: of a promotion, and of a trial in a region where the image is not yet. */
export const COPIES: readonly Row[] = [
  {
    sid: 'LookAtCopies',
    for: ['promote'],
    calls: [
      'ec2:DescribeImageAttribute',
      'ec2:DescribeImages',
      'ec2:DescribeLaunchTemplateVersions',
      'ec2:DescribeRegions',
      'ec2:DescribeSnapshotAttribute',
      'ec2:DescribeSnapshots',
      'ec2:GetEbsDefaultKmsKeyId',
      'ec2:GetEbsEncryptionByDefault',
      'ec2:GetImageBlockPublicAccessState',
    ],
    reach: anywhere,
  },
  { sid: 'Copy', for: ['promote', 'try'], calls: ['ec2:CopyImage'], reach: on(owned(copied)) },
  {
    sid: 'TagCopies',
    for: ['promote', 'try'],
    calls: ['ec2:CreateTags'],
    reach: on(owned(IMAGES), madeBy('CopyImage')),
  },
  {
    sid: 'KeepCopies',
    for: ['promote'],
    calls: [
      'ec2:CreateTags',
      'ec2:DeleteSnapshot', // of copies that failed
      'ec2:DeleteTags',
      'ec2:DeregisterImage',
      'ec2:DisableImageDeregistrationProtection',
      'ec2:EnableImageDeprecation',
      'ec2:EnableImageDeregistrationProtection',
    ],
    reach: on(owned(IMAGES), hasTag),
  },
  {
    sid: 'Share',
    for: ['promote'],
    calls: ['ec2:ModifyImageAttribute', 'ec2:ModifySnapshotAttribute'],
    reach: on((scope) => (scope.shares ? IMAGES(scope) : []), hasTag),
  },
  {
    sid: 'AssumeRoles',
    for: ['promote', 'publish', 'setup', 'prune', 'sweep'],
    calls: ['sts:AssumeRole'],
    reach: ({ roles }) => ({ resources: roles }),
  },
];

/** Where consumers look up the current image. */
export const POINTERS: readonly Row[] = [
  {
    sid: 'Parameters',
    for: ['promote'],
    calls: ['ssm:DeleteParameter', 'ssm:GetParameter', 'ssm:GetParameters', 'ssm:PutParameter'],
    reach: on((scope) => scope.parameters.map((name) => named(scope, 'ssm', `parameter/${name}`))),
  },
  {
    sid: 'MakeLaunchTemplates',
    for: ['promote'],
    calls: ['ec2:CreateLaunchTemplate'],
    reach: on((scope) => templates(scope), givesTag),
  },
  {
    sid: 'TagLaunchTemplates',
    for: ['promote'],
    calls: ['ec2:CreateTags'],
    reach: on((scope) => templates(scope), madeBy('CreateLaunchTemplate')),
  },
  {
    sid: 'MoveLaunchTemplates',
    for: ['promote'],
    calls: ['ec2:CreateLaunchTemplateVersion', 'ec2:DeleteLaunchTemplate', 'ec2:ModifyLaunchTemplate'],
    reach: on((scope) => templates(scope), hasTag),
  },
  {
    // `bake try --promoted`.
    sid: 'ReadTemplates',
    for: ['try'],
    calls: ['ec2:DescribeLaunchTemplateVersions'],
    reach: ({ launchTemplates, regions }) => ({
      resources: launchTemplates ? ['*'] : [],
      condition: { StringEquals: { 'aws:RequestedRegion': regions } },
    }),
  },
  {
    sid: 'ReadPointers',
    for: ['try'],
    calls: ['ssm:GetParameter', 'ssm:GetParameters'],
    reach: on((scope) => scope.parameters.map((name) => named(scope, 'ssm', `parameter/${name}`))),
  },
];

const templates = (scope: Scope): readonly string[] => (scope.launchTemplates ? ec2('launch-template')(scope) : []);
