import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { AccountId } from '../../../src/model/ids.ts';
import { type Asked, type RolePolicy, rolePolicies } from '../../../src/plan/iam/roles.ts';
import type { Pipeline } from '../../../src/plan/iam/trust.ts';
import { projectWith } from '../../config/project.ts';

const OURS = '111122223333' as AccountId;
const THEIRS = '444455556666';
const ROLE = `arn:aws:iam::${THEIRS}:role/teams/bake-release`;

interface Asking {
  readonly account?: AccountId | undefined;
  readonly images?: readonly string[];
  readonly pipeline?: Pipeline;
}

/** The roles of a configuration whose images need no layers. */
async function rolesFor(
  asked: readonly Asked[],
  settings: object,
  asking: Asking = {},
): Promise<readonly RolePolicy[]> {
  const images = { base: { source: 'debian:12' }, api: { parent: 'base' } };
  const text = JSON.stringify({ project: 'acme', region: 'us-east-1', images, ...settings });
  await using project = await projectWith({ 'bake.config.json': text });
  const config = await loadConfig({ cwd: project.root });
  const { account, images: names = [...config.images.keys()], pipeline } = { account: OURS, ...asking };
  const chosen = [...config.images.values()].filter(({ name }) => names.includes(name));
  return rolePolicies({ config, images: chosen, account, asked, pipeline });
}

const statement = (role: RolePolicy | undefined, sid: string) => role?.policy.Statement.find(({ Sid }) => Sid === sid);
const sids = (role: RolePolicy | undefined) => role?.policy.Statement.map(({ Sid }) => Sid) ?? [];

describe('a builder', () => {
  it('is allowed nothing that the configuration does not need', async () => {
    const [role, ...others] = await rolesFor(['build'], {});
    expect(others).toEqual([]);
    expect(role).toMatchObject({ name: 'bake-build', account: OURS });
    const unneeded = /Profile|Roles|Sessions|Source|Secret|Artifact|Encrypt|State|Copy|Config|Pointers/;
    expect(sids(role).filter((sid) => unneeded.test(sid))).toEqual([]);
    expect(statement(role, 'KeyPairs')?.Resource).toEqual([`arn:aws:ec2:us-east-1:${OURS}:key-pair/bake/acme/*`]);
  });

  it('reads the secrets that images name, and no others', async () => {
    const secrets = { token: { parameter: '/acme/token' }, db: { secretsManager: 'acme/db' }, own: { env: 'OWN' } };
    const [role] = await rolesFor(['build'], { images: { base: { source: 'debian:12', secrets } } });
    const region = `us-east-1:${OURS}`;
    expect(statement(role, 'ReadSecretParameters')?.Resource).toEqual([`arn:aws:ssm:${region}:parameter/acme/token`]);
    expect(statement(role, 'ReadSecrets')?.Resource).toEqual([
      `arn:aws:secretsmanager:${region}:secret:acme/db-??????`,
    ]);
    expect(statement(role, 'DecryptSecrets')?.Action).toEqual(['kms:Decrypt']);
  });

  it('reads the objects that artefacts are made of, by version too, and no others', async () => {
    const artifacts = {
      agent: { s3: 's3://acme-builds/agent/1.4*.deb?versionId=v7', destination: '/opt/agent.deb' },
      app: { path: 'dist/app.tgz', destination: '/opt/app.tgz' },
    };
    const [role] = await rolesFor(['build'], { images: { base: { source: 'debian:12', artifacts } } });
    expect(statement(role, 'ReadArtifacts')).toEqual({
      Sid: 'ReadArtifacts',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: [`arn:aws:s3:::acme-builds/agent/1.4\${*}.deb`],
    });
  });

  it('keeps to what the configuration names', async () => {
    const build = {
      instanceProfile: 'image-builder',
      communicator: 'session-manager',
      network: { vpc: 'vpc-0a1b2c3d', subnet: 'subnet-0a1b2c3d' },
    };
    const state = { bucket: 'state-{account}-{region}', prefix: 'acme', kmsKey: 'alias/state' };
    const rootVolume = { kmsKey: `arn:aws:kms:us-east-1:${OURS}:key/images` };
    const volume = { sizeGiB: 1, kmsKey: `arn:aws:kms:us-east-1:${OURS}:key/data` };
    const images = { base: { source: 'al2023', architectures: ['arm64'], volumes: { data: volume } } };
    const [role] = await rolesFor(['build'], { build, state, rootVolume, images });
    expect(statement(role, 'LaunchFrom')?.Resource).toContain(`arn:aws:ec2:us-east-1:${OURS}:subnet/subnet-0a1b2c3d`);
    expect(statement(role, 'MakeGroupsIn')?.Resource).toEqual([`arn:aws:ec2:us-east-1:${OURS}:vpc/vpc-0a1b2c3d`]);
    expect(statement(role, 'GiveRoles')).toMatchObject({
      Action: ['iam:PassRole'],
      Resource: [`arn:aws:iam::${OURS}:role/image-builder`],
    });
    expect(statement(role, 'OpenSessions')?.Action).toEqual(['ssm:StartSession']);
    expect(statement(role, 'FindSourceImages')?.Resource).toEqual([
      'arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
    ]);
    expect(statement(role, 'WriteState')?.Resource).toEqual([`arn:aws:s3:::state-${OURS}-us-east-1/acme/*`]);
    expect(statement(role, 'EncryptVolumes')?.Resource).toEqual([volume.kmsKey, rootVolume.kmsKey]);
    expect(statement(role, 'EncryptState')).toMatchObject({
      Resource: [`arn:aws:kms:us-east-1:${OURS}:key/*`],
      Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': ['alias/state'] } },
    });
  });

  it('is of any account where nobody says which, and of its own partition', async () => {
    const [role] = await rolesFor(['build'], { region: 'cn-north-1' }, { account: undefined });
    expect(role?.account).toBe('own');
    expect(statement(role, 'KeyPairs')?.Resource).toEqual(['arn:aws-cn:ec2:cn-north-1:*:key-pair/bake/acme/*']);
  });
});

const channels = {
  prod: {
    targets: [
      { regions: ['us-east-1', 'eu-west-1'] },
      { account: THEIRS, role: ROLE, regions: ['eu-west-1'], mode: 'copy' },
    ],
    pointers: { parameter: '/acme/{channel}/{image}', launchTemplate: '{image}-{channel}' },
  },
};

describe('a promotion', () => {
  it('has a role in each account, and the other one trusts ours', async () => {
    const [own, theirs] = await rolesFor(['promote'], { channels }, { images: ['api'] });
    expect(own).toMatchObject({ name: 'bake-promote', account: OURS });
    expect(statement(own, 'AssumeRoles')?.Resource).toEqual([ROLE]);
    expect(statement(own, 'Copy')).toMatchObject({
      Resource: ['arn:aws:ec2:*::image/*', 'arn:aws:ec2:*::snapshot/*'],
      Condition: { StringEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } },
    });
    expect(statement(own, 'Parameters')?.Resource).toEqual([`arn:aws:ssm:*:${OURS}:parameter/acme/prod/api`]);
    expect(theirs).toMatchObject({
      name: 'bake-release',
      account: THEIRS,
      trust: { Statement: [{ Principal: { AWS: `arn:aws:iam::${OURS}:root` }, Action: 'sts:AssumeRole' }] },
    });
    expect(sids(theirs)).not.toContain('Share');
    expect(statement(theirs, 'Parameters')?.Resource).toEqual([
      `arn:aws:ssm:eu-west-1:${THEIRS}:parameter/acme/prod/api`,
    ]);
  });

  it('reaches the parameters of images to come, and never all of an account', async () => {
    const [own] = await rolesFor(['promote'], { channels });
    expect(statement(own, 'Parameters')?.Resource).toEqual([`arn:aws:ssm:*:${OURS}:parameter/acme/prod/*`]);
    const bare = { prod: { ...channels.prod, pointers: { parameter: '{image}' } } };
    const [wide] = await rolesFor(['promote'], { channels: bare });
    const exact = ['api', 'base'].map((name) => `arn:aws:ssm:*:${OURS}:parameter/${name}`);
    expect(statement(wide, 'Parameters')?.Resource).toEqual(exact);
  });

  it('may do nothing but move pointers where our image is shared', async () => {
    const shared = {
      ...channels.prod,
      targets: [{ account: THEIRS, role: ROLE, regions: ['eu-west-1'], mode: 'share' }],
    };
    const [own, theirs] = await rolesFor(['promote'], { channels: { prod: shared } });
    expect(sids(theirs).filter((sid) => /Cop(y|ies)|Share|Keys/.test(sid))).toEqual(['LookAtCopies']);
    expect(sids(own)).toContain('Share');
  });

  it('lends the key of an encrypted source to whoever copies it', async () => {
    const [own, theirs] = await rolesFor(['promote'], { channels, rootVolume: { kmsKey: 'alias/images' } });
    expect(statement(own, 'LendKeys')?.Action).toEqual(['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant']);
    expect(sids(theirs)).not.toContain('LendKeys');
  });
});

it('gives each instance profile what its images load, in each account', async () => {
  const regionConfig = { bucket: 'acme-{account}-{region}', values: { a: 1 }, instanceProfile: 'api' };
  const images = { base: { source: 'debian:12' }, api: { parent: 'base', regionConfig } };
  const roles = await rolesFor(['instance'], { channels, images });
  expect(roles.map(({ name, account }) => `${name} ${account}`)).toEqual([`api ${OURS}`, `api ${THEIRS}`]);
  expect(roles[0]?.trust?.Statement[0]?.Principal).toEqual({ Service: 'ec2.amazonaws.com' });
  expect(statement(roles[1], 'LoadConfig')).toMatchObject({
    Action: ['s3:GetObject', 's3:GetObjectVersion'],
    Resource: [`arn:aws:s3:::acme-${THEIRS}-eu-west-1/api/*`],
  });
  expect(await rolesFor(['instance'], { channels })).toEqual([]);
});

describe('a pipeline', () => {
  it.each([
    ['github', 'acme/images', 'token.actions.githubusercontent.com', 'repo:acme/images:ref:refs/heads/main'],
    ['gitlab', 'acme/os/images', 'gitlab.com', 'project_path:acme/os/images:ref_type:branch:ref:main'],
  ] as const)('of %s has its role on one branch alone', async (host, repository, provider, subject) => {
    const [role] = await rolesFor(['ci'], { channels }, { pipeline: { host, repository, branch: 'main' } });
    const [trust] = role?.trust?.Statement ?? [];
    expect(trust?.Principal).toEqual({ Federated: `arn:aws:iam::${OURS}:oidc-provider/${provider}` });
    expect(trust?.Condition?.StringEquals).toMatchObject({ [`${provider}:sub`]: subject });
  });

  it('does what building and trying take, each said once and as far as the farther of them', async () => {
    const [role] = await rolesFor(['ci'], { channels });
    expect(role?.name).toBe('bake-ci');
    expect(new Set(sids(role)).size).toBe(sids(role).length);
    expect(statement(role, 'Launch')?.Condition?.StringEquals).toMatchObject({
      'aws:RequestedRegion': ['eu-west-1', 'us-east-1'],
    });
    expect(sids(role)).toEqual(expect.arrayContaining(['MakeImages', 'WatchAndRestartMachines']));
  });
});

it.each<[Asked]>([['build'], ['try'], ['promote'], ['publish'], ['setup'], ['prune'], ['sweep'], ['ci']])(
  'for %s: a role has room for it, and no name is there twice',
  async (asked) => {
    const regions = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-southeast-2'];
    const prod = { ...channels.prod, targets: [{ regions }, ...channels.prod.targets.slice(1)] };
    const regionConfig = { bucket: 'acme-{account}-{region}', values: { a: 1 } };
    const images = { base: { source: 'debian:12', regionConfig }, api: { parent: 'base' }, worker: { parent: 'base' } };
    const settings = { images, state: { bucket: 'acme-state' }, rootVolume: { kmsKey: 'alias/images' } };
    for (const role of await rolesFor([asked], {
      ...settings,
      channels: { staging: { ...prod, pointers: { parameter: '/x/{channel}/{image}' } }, prod },
    })) {
      expect(JSON.stringify(role.policy).length).toBeLessThan(10_240);
      expect(new Set(sids(role)).size).toBe(sids(role).length);
    }
  },
);
