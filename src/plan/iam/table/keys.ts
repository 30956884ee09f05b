import type { Reach, Row } from '../row.ts';
import { type KeyUse, named, on, type Scope } from '../scope.ts';
import { allOf, type Condition } from '../statement.ts';

/** A key by its alias is known by a condition: an ARN of an alias allows what is done to the alias, not to the key. */
const keys =
  (usesOf: (scope: Scope) => readonly KeyUse[], through?: 'ec2' | 's3') =>
  (scope: Scope): readonly Reach[] => {
    const uses = usesOf(scope);
    const via: Condition =
      through === undefined ? {} : { StringLike: { 'kms:ViaService': `${through}.*.amazonaws.com*` } };
    const aliases = uses.flatMap(({ key }) => /(?:^|:)(alias\/.+)$/.exec(key)?.[1] ?? []);
    const anyKey = uses.filter(({ key }) => key.includes('alias/')).map((use) => keyArn(scope, { ...use, key: '*' }));
    const byName = uses.filter(({ key }) => !key.includes('alias/')).map((use) => keyArn(scope, use));
    const byAlias: Condition = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': [...new Set(aliases)].sort() } };
    return [
      { resources: byName, condition: via },
      { resources: anyKey, condition: allOf(via, byAlias) },
    ];
  };

const keyArn = ({ partition, account }: Scope, { key, region }: KeyUse): string =>
  key.startsWith('arn:') ? key : `arn:${partition}:kms:${region}:${account}:key/${key}`;

export const KEYS: readonly Row[] = [
  {
    // Also those that an account encrypts with by default, which no configuration names.
    sid: 'LookAtKeys',
    for: ['promote'],
    calls: ['kms:DescribeKey'],
    reach: on((scope) => (scope.ownsImages ? [named(scope, 'kms', 'key/*')] : [])),
  },
  {
    // What EC2 asks for in the name of whoever launches, makes or copies an encrypted image.
    sid: 'EncryptVolumes',
    for: ['build', 'promote', 'try'],
    calls: [],
    also: [
      'kms:CreateGrant',
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    reach: keys(({ keys, lentKeys }) => [...keys, ...lentKeys], 'ec2'),
  },
  {
    // Other accounts use the key of a source for as long as they copy it.
    sid: 'LendKeys',
    for: ['promote'],
    calls: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
    reach: keys(({ lentKeys }) => lentKeys),
  },
  {
    sid: 'EncryptState',
    for: ['build', 'promote', 'setup', 'try', 'prune', 'sweep'],
    calls: [],
    also: ['kms:Decrypt', 'kms:GenerateDataKey'],
    reach: keys(({ stateKeys }) => stateKeys, 's3'),
  },
  {
    sid: 'EncryptConfig',
    for: ['publish', 'setup'],
    calls: [],
    also: ['kms:Decrypt', 'kms:GenerateDataKey'],
    reach: keys(({ configKeys }) => configKeys, 's3'),
  },
  {
    sid: 'DecryptConfig',
    for: ['instance', 'promote'],
    calls: [],
    also: ['kms:Decrypt'],
    reach: keys(({ configKeys }) => configKeys, 's3'),
  },
];
