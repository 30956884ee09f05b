import type { Purpose, Row } from '../row.ts';
import { anywhere, ec2, givesTag, hasTag, madeBy, named, on, type Scope } from '../scope.ts';

const LAUNCHES: readonly Purpose[] = ['build', 'try'];

const kinds = (type: string, names: readonly string[]): readonly string[] =>
  names.length === 0 ? [type] : names.map((name) => `${type}:${name}`);

const keyPairs = (scope: Scope) => ec2(`key-pair:bake/${scope.project}/*`)(scope);

/** Builders and machines on trial. */
export const MACHINES: readonly Row[] = [
  {
    sid: 'LookAtMachines',
    for: LAUNCHES,
    calls: [
      'ec2:DescribeImages',
      'ec2:DescribeInstanceStatus', // newer Packers, while a builder starts
      'ec2:DescribeInstances',
      'ec2:DescribeKeyPairs',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSnapshots',
      'ec2:DescribeSubnets',
      'ec2:DescribeVolumes',
      'ec2:DescribeVpcs',
    ],
    reach: anywhere,
  },
  {
    // bake doctor, which leaves the quota out where it may not be read.
    sid: 'LookAtQuotas',
    for: ['build'],
    calls: ['ec2:DescribeRegions', 'servicequotas:GetServiceQuota'],
    reach: anywhere,
  },
  {
    // The reservation of a version, and the key of a machine on trial. By its name, so that it needs no condition on tags.
    sid: 'KeyPairs',
    for: LAUNCHES,
    calls: ['ec2:CreateKeyPair', 'ec2:CreateTags', 'ec2:DeleteKeyPair'],
    reach: on(keyPairs),
  },
  { sid: 'MakeGroups', for: LAUNCHES, calls: ['ec2:CreateSecurityGroup'], reach: on(ec2('security-group'), givesTag) },
  {
    sid: 'MakeGroupsIn',
    for: LAUNCHES,
    calls: ['ec2:CreateSecurityGroup'],
    reach: on((scope) => ec2(...kinds('vpc', scope.vpcs))(scope)),
  },
  { sid: 'Launch', for: LAUNCHES, calls: ['ec2:RunInstances'], reach: on(ec2('instance', 'volume'), givesTag) },
  {
    sid: 'LaunchFrom',
    for: LAUNCHES,
    calls: ['ec2:RunInstances'],
    reach: on((scope) => [
      ...keyPairs(scope),
      // Packer gives network interfaces no tags.
      ...ec2('image', 'snapshot', 'network-interface', ...kinds('subnet', scope.subnets))(scope),
    ]),
  },
  { sid: 'LaunchInto', for: LAUNCHES, calls: ['ec2:RunInstances'], reach: on(ec2('security-group'), hasTag) },
  {
    sid: 'TagWhatIsMade',
    for: LAUNCHES,
    calls: ['ec2:CreateTags'],
    reach: on(
      ec2('instance', 'volume', 'network-interface', 'security-group'),
      madeBy('CreateSecurityGroup', 'RunInstances'),
    ),
  },
  {
    sid: 'UseAndEndMachines',
    for: LAUNCHES,
    calls: [
      'ec2:AuthorizeSecurityGroupIngress',
      'ec2:DeleteSecurityGroup',
      'ec2:DeleteVolume',
      'ec2:TerminateInstances',
    ],
    reach: on(ec2('instance', 'volume', 'security-group'), hasTag),
  },
  {
    sid: 'WatchAndRestartMachines',
    for: ['try'],
    calls: ['ec2:GetConsoleOutput', 'ec2:RebootInstances'],
    reach: on(ec2('instance'), hasTag),
  },
  {
    sid: 'GiveRoles',
    for: LAUNCHES,
    calls: [],
    also: ['iam:PassRole'],
    reach: ({ partition, account, profiles }) => ({
      // A profile does not say the name of its role: that of the profile, as the console makes it.
      resources: profiles.map((profile) => `arn:${partition}:iam::${account}:role/${profile}`),
      // `ec2.amazonaws.com.cn` in China.
      condition: { StringLike: { 'iam:PassedToService': 'ec2.amazonaws.com*' } },
    }),
  },
  {
    // Packer waits for it.
    sid: 'LookAtProfiles',
    for: ['build'],
    calls: ['iam:GetInstanceProfile'],
    reach: ({ partition, account, profiles }) => ({
      resources: profiles.map((profile) => `arn:${partition}:iam::${account}:instance-profile/${profile}`),
    }),
  },
];

const sessions = (resources: (scope: Scope) => readonly string[]) => (scope: Scope) =>
  scope.sessionManager ? resources(scope) : [];

/** Machines that are reached by Session Manager. The calls are the AWS CLI's and the plugin's. */
export const SESSIONS: readonly Row[] = [
  {
    sid: 'OpenSessions',
    for: LAUNCHES,
    calls: [],
    also: ['ssm:StartSession'],
    reach: on(sessions(ec2('instance')), ({ project }) => ({
      StringEquals: { 'ssm:resourceTag/bake:project': project },
    })),
  },
  {
    sid: 'OpenSessionsBy',
    for: LAUNCHES,
    calls: [],
    also: ['ssm:StartSession'],
    // The first is Packer's, the second ssh's.
    reach: on(
      sessions((scope) =>
        ['AWS-StartPortForwardingSession', 'AWS-StartSSHSession'].map((name) =>
          named(scope, 'ssm', `document/${name}`, ''),
        ),
      ),
    ),
  },
  {
    sid: 'OwnSessions',
    for: LAUNCHES,
    calls: [],
    also: ['ssm:ResumeSession', 'ssm:TerminateSession', 'ssmmessages:OpenDataChannel'],
    // IAM's own variables: of a user, of a role's session.
    reach: on(
      sessions((scope) => ['username', 'userid'].map((who) => named(scope, 'ssm', `session/$\{aws:${who}}-*`))),
    ),
  },
];
