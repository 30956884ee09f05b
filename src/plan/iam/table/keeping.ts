import type { Purpose, Row } from '../row.ts';
import { anywhere, ec2, hasTag, isNoOthers, on } from '../scope.ts';

const CLEANS: readonly Purpose[] = ['prune', 'sweep'];
const IMAGES = ec2('image', 'snapshot');

/** Retiring what nobody needs, and removing what dead runs have left. */
export const KEEPING: readonly Row[] = [
  {
    sid: 'LookAtWhatThereIs',
    for: CLEANS,
    calls: ['ec2:DescribeImages', 'ec2:DescribeInstances', 'ec2:DescribeRegions', 'ec2:DescribeSnapshots'],
    reach: anywhere,
  },
  {
    // What may still refer to an image; and when it was launched last.
    sid: 'LookAtReferences',
    for: ['prune'],
    calls: [
      'ec2:DescribeImageAttribute',
      'ec2:DescribeImageReferences',
      'ec2:DescribeKeyPairs',
      'ec2:DescribeLaunchTemplateVersions',
      'ec2:DescribeLaunchTemplates',
      'ec2:DescribeSnapshotAttribute',
      'ssm:GetParameter',
      'ssm:GetParameters',
    ],
    // With these DescribeImageReferences looks, in the caller's name.
    also: [
      'imagebuilder:GetContainerRecipe',
      'imagebuilder:ListContainerRecipes',
      'imagebuilder:ListImageRecipes',
      'ssm:DescribeParameters',
    ],
    reach: anywhere,
  },
  {
    sid: 'LookAtLeftovers',
    for: ['sweep'],
    calls: ['ec2:DescribeKeyPairs', 'ec2:DescribeSecurityGroups', 'ec2:DescribeVolumes'],
    reach: anywhere,
  },
  {
    sid: 'Retire',
    for: ['prune'],
    calls: [
      'ec2:CreateTags',
      'ec2:DeleteSnapshot',
      'ec2:DeleteTags',
      'ec2:DeregisterImage',
      'ec2:DisableImage',
      'ec2:DisableImageDeprecation',
      'ec2:DisableImageDeregistrationProtection',
      'ec2:EnableImage',
      'ec2:EnableImageDeprecation',
      'ec2:EnableImageDeregistrationProtection',
      'ec2:ModifyImageAttribute', // disabling takes launch permissions, undoing gives them back
    ],
    reach: on(IMAGES, hasTag),
  },
  {
    sid: 'RemoveLeftovers',
    for: ['sweep'],
    calls: ['ec2:DeleteSecurityGroup', 'ec2:DeleteVolume', 'ec2:TerminateInstances'],
    reach: on(ec2('instance', 'volume', 'security-group'), hasTag),
  },
  {
    sid: 'RemoveLeftImages',
    for: ['sweep'],
    calls: ['ec2:DeleteSnapshot', 'ec2:DeregisterImage'],
    reach: on(IMAGES, isNoOthers),
  },
  {
    sid: 'RemoveReservations',
    for: ['sweep'],
    calls: ['ec2:DeleteKeyPair'],
    reach: on((scope) => ec2(`key-pair:bake/${scope.project}/*`)(scope)),
  },
];
