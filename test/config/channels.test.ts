import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { configToJson } from '../../src/config/to-json.ts';
import { NOT_SHARED } from '../../src/model/channel.ts';
import { problemsOf, withSettings } from './problems-of.ts';
import { projectWith } from './project.ts';

const OURS = '111122223333';
const THEIRS = '444455556666';
const OWN = { regions: ['us-east-1'] };
const EU = { regions: ['eu-west-1'] };
const PROD = { account: OURS, role: 'arn:aws:iam::111122223333:role/release', regions: ['us-east-1'] };
const SHARED = { account: THEIRS, regions: ['us-east-1'], mode: 'share' };
const ORGANIZATION = 'arn:aws:organizations::111122223333:organization/o-abcde12345';
const UNIT = 'arn:aws:organizations::111122223333:ou/o-abcde12345/ou-ab12-abcdefgh';

describe('channels', () => {
  test.each<[string, object, readonly string[]]>([
    ['of the own account', { staging: { targets: [{ regions: ['us-east-1', 'eu-west-1'] }] } }, []],
    ['of another account', { prod: { targets: [PROD] } }, []],
    ['that share a target', { prod: { targets: [PROD] }, canary: { targets: [PROD] } }, []],
    [
      'with a name that is none',
      { 'Prod EU': { targets: [PROD] } },
      [
        'channels["Prod EU"]: "Prod EU" is not a channel name; names are lower-case letters, digits and single hyphens, starting with a letter, at most 32 characters',
      ],
    ],
    ['without targets', { prod: { targets: [] } }, ['channels.prod.targets: [] is empty; name at least one target']],
    [
      'without regions',
      { prod: { targets: [{ regions: [] }] } },
      ['channels.prod.targets[0].regions: [] is empty; name a region'],
    ],
    [
      'with an account as a number',
      { prod: { targets: [{ ...PROD, account: 111122223333 }] } },
      ['channels.prod.targets[0].account: 111122223333 is not a string'],
    ],
    [
      'with a role but no account',
      { prod: { targets: [{ ...PROD, account: undefined }] } },
      ["channels.prod.targets[0].account: is required beside a role; write '111122223333'"],
    ],
    [
      'with the role of another account',
      { prod: { targets: [{ ...PROD, account: '444455556666' }] } },
      ['channels.prod.targets[0].role: is a role of account 111122223333, not of 444455556666'],
    ],
    [
      'with a region twice',
      { prod: { targets: [{ regions: ['us-east-1'] }, { regions: ['us-east-1'] }] } },
      ['channels.prod.targets[1].regions[0]: "us-east-1" is there twice'],
    ],
    [
      'that reach one target by two roles',
      { prod: { targets: [PROD] }, canary: { targets: [{ ...PROD, role: undefined }] } },
      [
        'channels.canary.targets[0]: reaches 111122223333 by no role, but channel prod by arn:aws:iam::111122223333:role/release',
      ],
    ],
    [
      'with a mode for the own account',
      { staging: { targets: [{ ...OWN, mode: 'share' }] } },
      ['channels.staging.targets[0].mode: is for another account: name its account, or leave mode out'],
    ],
    [
      'that copy to an account without its role',
      { prod: { targets: [{ account: THEIRS, regions: ['us-east-1'], mode: 'copy' }] } },
      [
        "channels.prod.targets[0]: needs a role of 444455556666, which makes and owns the copies; write role, or mode: 'share'",
      ],
    ],
    ['that share with an account', { prod: { targets: [SHARED] } }, []],
    [
      'that move pointers of an account without its role',
      { prod: { targets: [SHARED], pointers: { parameter: '/acme/{channel}/{image}' } } },
      [
        "channels.prod.targets[0]: needs a role of 444455556666 to move the channel's pointers there; write role, or a channel for it",
      ],
    ],
    [
      'that require channels that are not there',
      { prod: { targets: [OWN], requires: ['stagin'] }, staging: { targets: [OWN], requires: { channels: ['dev'] } } },
      [
        'channels.prod.requires[0]: "stagin" is not a channel; channels are prod, staging. Did you mean "staging"?',
        'channels.staging.requires.channels[0]: "dev" is not a channel; channels are prod, staging',
      ],
    ],
    [
      'that require one another',
      {
        dev: { targets: [OWN] },
        prod: { targets: [OWN], requires: ['dev', 'staging'] },
        staging: { targets: [OWN], requires: { channels: ['dev', 'prod'] } },
        lone: { targets: [OWN], requires: ['lone'] },
        last: { targets: [OWN], requires: ['prod', 'dev'] },
      },
      [
        'channels.prod.requires: a channel cannot wait for itself: prod → staging → prod',
        'channels.lone.requires: a channel cannot wait for itself: lone → lone',
      ],
    ],
    [
      'that require what is no requirement',
      {
        prod: { targets: [OWN], requires: 'staging' },
        beta: { targets: [OWN], requires: { tried: { within: '7w' } } },
      },
      [
        'channels.prod.requires: "staging" is neither a list of channels nor { channels, tried, regionConfig }',
        "channels.beta.requires.tried.within: \"7w\" is not an age such as '12h' or '7d'",
      ],
    ],
    [
      'that copy to one account and share with an organization',
      {
        prod: { targets: [OWN, PROD, SHARED], share: { organizations: [ORGANIZATION] } },
        beta: { targets: [{ ...PROD, regions: ['us-east-1', 'eu-west-1'] }], share: { organizationalUnits: [UNIT] } },
      },
      [
        "channels.prod.targets[1]: copies to 111122223333, but the channel shares with an organization, which gives launch permission alone: EC2 has no permission on snapshots for it, and a copy needs that; write mode: 'share', or a channel of its own for the copies",
        "channels.beta.targets[0]: copies to 111122223333, but the channel shares with an organizational unit, which gives launch permission alone: EC2 has no permission on snapshots for it, and a copy needs that; write mode: 'share', or a channel of its own for the copies",
      ],
    ],
    [
      'that share with no account or organization',
      {
        prod: {
          targets: [OWN],
          share: { accounts: ['1'], organizations: ['o-1'], organizationalUnits: [ORGANIZATION] },
        },
      },
      [
        'channels.prod.share.accounts[0]: "1" is not an account: twelve digits in quotes',
        'channels.prod.share.organizations[0]: "o-1" is not the ARN of an organization (arn:aws:organizations::<account>:organization/o-…)',
        'channels.prod.share.organizationalUnits[0]: "arn:aws:organizations::111122223333:organization/o-abcde12… is not the ARN of an organizational unit (arn:aws:organizations::<account>:ou/o-…/ou-…)',
      ],
    ],
    [
      'that share twice with one account',
      { prod: { targets: [OWN], share: { accounts: [THEIRS, OURS, THEIRS] } } },
      ['channels.prod.share.accounts[2]: "444455556666" is there twice'],
    ],
    [
      'that are public and encrypted, and live for years',
      {
        prod: { targets: [OWN, { ...EU, kmsKey: 'alias/a' }], share: { public: true }, deprecateAfter: '731d' },
        beta: { targets: [{ ...PROD, kmsKey: 'alias/a' }], share: { public: true }, deprecateAfter: '730d' },
      },
      [
        'channels.prod.share.public: encrypted images cannot be public, and targets[1] has a key; leave out one of them',
        'channels.prod.deprecateAfter: "731d" is longer than the 730d that EC2 allows public images',
      ],
    ],
    [
      'with keys in two forms, for a region too many and a region too few',
      {
        prod: {
          targets: [
            {
              regions: ['us-east-1', 'eu-west-1', 'eu-west-2'],
              kmsKey: 'alias/a',
              kmsKeys: { 'eu-west-1': 'alias/a', 'eu-west-3': 'alias/a' },
            },
          ],
        },
        beta: {
          targets: [{ account: OURS, regions: ['eu-west-1', 'eu-west-2'], kmsKeys: { 'eu-west-1': 'alias/a' } }],
        },
      },
      [
        'channels.prod.targets[0].kmsKeys: stands beside kmsKey; write one of them',
        'channels.prod.targets[0].kmsKeys.eu-west-3: "eu-west-3" is no region of this entry, which has us-east-1, eu-west-1, eu-west-2. Did you mean "eu-west-1"?',
        'channels.beta.targets[0].kmsKeys: has no key for eu-west-2; write one, or make eu-west-2 an entry of its own',
        'channels.prod.targets[0].kmsKey: would not be used in us-east-1, where images are baked and not copied: bake them with it (rootVolume.kmsKey), or make us-east-1 an entry of its own without a key',
      ],
    ],
    [
      'with a key that is none',
      { prod: { targets: [{ ...EU, kmsKey: 'images' }] } },
      ['channels.prod.targets[0].kmsKey: "images" is not a KMS key id, alias or ARN'],
    ],
    [
      'with keys of other regions',
      {
        prod: {
          targets: [
            { regions: ['eu-west-1', 'eu-west-2'], kmsKey: `arn:aws:kms:eu-west-1:${OURS}:key/mrk-1` },
            { regions: ['eu-west-3'], kmsKeys: { 'eu-west-3': `arn:aws:kms:us-east-1:${OURS}:alias/a` } },
            { regions: ['eu-north-1', 'eu-south-1'], kmsKey: '01234567-89ab-cdef-0123-456789abcdef' },
          ],
        },
      },
      [
        'channels.prod.targets[0].kmsKey: is a key of eu-west-1 and cannot encrypt in eu-west-2; write a key of eu-west-2 (kmsKeys)',
        'channels.prod.targets[1].kmsKeys.eu-west-3: is a key of us-east-1 and cannot encrypt in eu-west-3; write a key of eu-west-3 (kmsKeys)',
        'channels.prod.targets[2].kmsKey: is the id of a key of one region; write kmsKeys, or an alias that every region has',
      ],
    ],
    [
      "with AWS's own key for what is shared",
      {
        prod: { targets: [{ ...EU, kmsKey: 'alias/aws/ebs' }], share: { accounts: [THEIRS] } },
        beta: { targets: [{ ...SHARED, regions: ['eu-west-2'], kmsKey: 'alias/aws/ebs' }] },
        mine: { targets: [{ regions: ['eu-west-3'], kmsKey: 'alias/aws/ebs' }] },
      },
      [
        'channels.prod.targets[0].kmsKey: "alias/aws/ebs" is managed by AWS, and what it encrypts cannot be shared; write a key of your own',
        'channels.beta.targets[0].kmsKey: "alias/aws/ebs" is managed by AWS, and what it encrypts cannot be shared; write a key of your own',
      ],
    ],
    [
      'with the key of the account that it is shared with',
      { prod: { targets: [{ ...SHARED, regions: ['eu-west-1'], kmsKey: `arn:aws:kms:eu-west-1:${THEIRS}:alias/a` }] } },
      [
        'channels.prod.targets[0].kmsKey: is a key of 444455556666, but what is shared is our copy: write a key of our own account, whose policy lets 444455556666 use it',
      ],
    ],
    [
      'with two keys for one copy',
      {
        staging: { targets: [EU] },
        prod: {
          targets: [
            { ...EU, kmsKey: 'alias/a' },
            { ...SHARED, regions: ['eu-west-1'] },
          ],
        },
        beta: { targets: [{ ...PROD, regions: ['eu-west-1'], kmsKey: 'alias/b' }] },
      },
      [
        'channels.prod.targets[0]: encrypts the copy in eu-west-1 with "alias/a", but channels.staging with no key, and it is one copy; write the same key',
      ],
    ],
    [
      'with pointers that many images would have together',
      { prod: { targets: [OWN], pointers: { parameter: '/acme/{imgae}', launchTemplate: 'acme-{channel}' } } },
      [
        'channels.prod.pointers.parameter: "/acme/{imgae}" has the unknown placeholder {imgae}; placeholders are {project}, {image}, {channel}, {arch}, {region}, {account}',
        'channels.prod.pointers.launchTemplate: "acme-{channel}" lacks {image}: base, api would have one pointer together',
      ],
    ],
    [
      'with pointers of names that are none',
      { prod: { targets: [OWN], pointers: { parameter: '/aws/{image}', launchTemplate: 'the {image}' } } },
      [
        'channels.prod.pointers.parameter: becomes "/aws/base", which is not the name of an SSM parameter: letters, digits and . _ -, in up to 15 levels that each begin with /, not beginning with aws or ssm',
        'channels.prod.pointers.launchTemplate: becomes "the base", which is not the name of a launch template: 3 to 128 letters, digits and ( ) . / _ -',
      ],
    ],
    [
      'with pointers that two of them move',
      {
        staging: { targets: [OWN], pointers: { parameter: '/acme/{image}', launchTemplate: '{channel}-{image}' } },
        prod: { targets: [OWN, EU], pointers: { parameter: '/{project}/{image}', launchTemplate: 'prod-{image}' } },
        beta: { targets: [EU], pointers: { launchTemplate: 'staging-{image}' } },
      },
      [
        'channels.prod.pointers.parameter: becomes "/acme/base" in us-east-1, which channel staging moves too; write {channel}, or another pattern',
      ],
    ],
    [
      'with files outside of the project, and files of others',
      {
        staging: { targets: [OWN], pointers: { files: [{ path: 'out/{image}.json', format: 'json' }] } },
        prod: {
          targets: [OWN],
          pointers: {
            files: [
              { path: '../amis.tf', format: 'terraform' },
              { path: '{region}.tf', format: 'terraform' },
              { path: 'out/api.json', format: 'json' },
              { path: 'prod.ts', format: 'cdk' },
              { path: '{channel}.ts', format: 'cdk' },
            ],
          },
        },
      },
      [
        'channels.prod.pointers.files[0].path: "../amis.tf" is not a file within the project; write a path from the configuration\'s folder',
        'channels.prod.pointers.files[1].path: "{region}.tf" has the unknown placeholder {region}; placeholders are {project}, {image}, {channel}, {arch}',
        'channels.prod.pointers.files[2].path: "out/api.json" is the file of channel staging too; write {channel}, or another path',
        'channels.prod.pointers.files[4].path: "prod.ts" is the file of files[3] too; write another path',
      ],
    ],
    [
      'with settings out of bounds',
      {
        prod: {
          targets: [OWN],
          approval: 'nobody',
          deprecateAfter: '12h',
          deregistrationProtection: 'cooldown',
          targetTimeLimit: '2d',
          snapshotCopies: 21,
          pointers: { files: [{ path: 'x', format: 'yaml' }] },
        },
      },
      [
        'channels.prod.approval: "nobody" is not one of none, manual',
        'channels.prod.pointers.files[0].format: "yaml" is not one of cloudformation, terraform, cdk, json',
        'channels.prod.deprecateAfter: "12h" is not a number of days from 1d to 3650d, such as \'90d\'',
        'channels.prod.deregistrationProtection: "cooldown" is neither true, false nor \'with-cooldown\'',
        "channels.prod.targetTimeLimit: \"2d\" is not a duration from 1s to 24h, such as '90s', '5m', '2h', or a whole number of seconds",
        'channels.prod.snapshotCopies: 21 is more than the 20 that EC2 copies at a time to one region',
      ],
    ],
  ])('%s', (_, channels, problems) => expect(problemsOf(withSettings({ channels }))).toEqual(problems));

  test('move a pointer for each architecture', () => {
    const images = { base: { source: 'debian:12', layers: ['base'], architectures: ['x86_64', 'arm64'] } };
    const channel = (parameter: string) => ({ prod: { targets: [OWN], pointers: { parameter } } });
    const problems = (parameter: string) => problemsOf(withSettings({ images, channels: channel(parameter) }));
    expect(problems('/acme/{arch}')).toEqual([]);
    expect(problems('/acme/prod')).toEqual([
      'channels.prod.pointers.parameter: "/acme/prod" lacks {arch}: base has x86_64, arm64, each with its own AMI',
    ]);
  });

  test('encrypt with the key that images are baked with where they are baked', () => {
    const channels = { prod: { targets: [{ regions: ['us-east-1', 'eu-west-1'], kmsKey: 'alias/a' }] } };
    expect(problemsOf(withSettings({ channels, rootVolume: { kmsKey: 'alias/a' } }))).toEqual([]);
    expect(problemsOf(withSettings({ channels, rootVolume: { kmsKey: 'alias/b' } }))).toHaveLength(1);
  });
});

const CONFIG = `
project: acme
region: us-east-1
channels:
  staging: { targets: [{ regions: [us-east-1, eu-west-1] }], requires: { tried: true } }
  prod:
    targets:
      - { regions: [eu-central-1, eu-north-1], kmsKeys: { eu-central-1: alias/a, eu-north-1: alias/b } }
      - { account: '444455556666', role: 'arn:aws:iam::444455556666:role/release', regions: [eu-north-1], mode: share }
      - { account: '111122223333', role: 'arn:aws:iam::111122223333:role/release', regions: [us-east-1], kmsKey: alias/c }
    requires: { channels: [staging], tried: { within: 7d }, regionConfig: true }
    approval: manual
    share: { accounts: ['777788889999'] }
    pointers:
      parameter: /acme/{channel}/{image}
      launchTemplate: '{image}'
      files: [{ path: 'infra/{channel}.tf', format: terraform }]
    deprecateAfter: 90d
    deregistrationProtection: with-cooldown
    targetTimeLimit: 90m
    snapshotCopies: 5
  beta: { targets: [{ regions: [us-east-1] }], requires: [staging], deregistrationProtection: true }
images:
  api: { source: debian:12 }
`;

test('are resolved with their defaults, and shown so', async () => {
  await using project = await projectWith({ 'bake.config.yaml': CONFIG });
  const config = await loadConfig({ cwd: project.root });
  const [staging, prod, beta] = [...config.channels.values()];
  expect(staging).toEqual({
    name: 'staging',
    targets: [
      { region: 'us-east-1', mode: 'copy' },
      { region: 'eu-west-1', mode: 'copy' },
    ],
    requires: { channels: [], tried: {}, regionConfig: false },
    approval: 'none',
    sharing: NOT_SHARED,
    pointers: { files: [] },
    deregistrationProtection: 'off',
    targetTimeLimit: 7200,
    snapshotCopies: 20,
  });
  expect(prod).toEqual({
    name: 'prod',
    targets: [
      { region: 'eu-central-1', mode: 'copy', kmsKey: 'alias/a' },
      { region: 'eu-north-1', mode: 'copy', kmsKey: 'alias/b' },
      {
        account: THEIRS,
        role: 'arn:aws:iam::444455556666:role/release',
        region: 'eu-north-1',
        mode: 'share',
        kmsKey: 'alias/b',
      },
      { account: OURS, role: PROD.role, region: 'us-east-1', mode: 'copy', kmsKey: 'alias/c' },
    ],
    requires: { channels: ['staging'], tried: { within: 7 * 86_400 }, regionConfig: true },
    approval: 'manual',
    sharing: { ...NOT_SHARED, accounts: ['777788889999'] },
    pointers: {
      parameter: '/acme/{channel}/{image}',
      launchTemplate: '{image}',
      files: [{ path: 'infra/{channel}.tf', format: 'terraform' }],
    },
    deprecateAfterDays: 90,
    deregistrationProtection: 'with-cooldown',
    targetTimeLimit: 5400,
    snapshotCopies: 5,
  });
  expect(beta).toMatchObject({ requires: { channels: ['staging'] }, deregistrationProtection: 'on' });
  const { name: _, ...shown } = prod ?? {};
  expect(configToJson(config)).toMatchObject({ channels: { prod: shown } });
});
