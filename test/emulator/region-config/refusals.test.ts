import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { ACCOUNT, type Checkout, ConfigProject, OTHER_ACCOUNT } from '../../helpers/region-config.ts';
import { relay } from '../../helpers/relay.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const US = `${ACCOUNT}/us-east-1`;
const ONE_REGION: Checkout = {
  channels: { staging: { targets: [{ regions: ['us-east-1'] }] } },
  config: { regionValues: { 'us-east-1': { database: 'db.us' } } },
};
const ROLE = { account: OTHER_ACCOUNT, role: `arn:aws:iam::${OTHER_ACCOUNT}:role/release`, regions: ['us-east-1'] };

async function made(acme: ConfigProject, region = 'us-east-1', versioned = true): Promise<void> {
  const Bucket = acme.bucket('us-east-1');
  const LocationConstraint = region as BucketLocationConstraint;
  const placed = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint } };
  await acme.s3(region).send(new CreateBucketCommand({ Bucket, ...placed }));
  if (!versioned) return;
  const VersioningConfiguration = { Status: 'Enabled' as const };
  await acme.s3(region).send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
}

/** What a push says of the place, that it wrote nothing, and what a check misses. */
async function refused(acme: ConfigProject, id = US, options: readonly string[] = []) {
  await using between = await relay(server.endpoint);
  const { code, stdout, stderr } = await acme.push(options, between.url);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(between.calls.filter(({ writes }) => writes)).toEqual([]);
  const check = await acme.run('check', ['--json']);
  expect(check.code).toBe(1);
  const [place] = JSON.parse(check.stdout).places as {
    readonly checks: readonly { readonly name: string; readonly status: string }[];
  }[];
  const missed = place?.checks.filter(({ status }) => status === 'missed').map(({ name }) => name);
  return { code: resultOf(stdout).outcomes[id]?.error?.code, missed };
}

describe('a push is refused by', () => {
  it('a bucket that is missing', async () => {
    await using acme = await ConfigProject.create(server, 'missing', ONE_REGION);
    expect(await refused(acme)).toEqual({ code: 'bucket-missing', missed: ['bucket'] });
  });

  it('a bucket of another region, also when it may make buckets', async () => {
    await using acme = await ConfigProject.create(server, 'wrong-region', ONE_REGION);
    await made(acme, 'eu-west-1');
    expect(await refused(acme)).toEqual({ code: 'bucket-elsewhere', missed: ['region'] });
    expect(await refused(acme, US, ['--create-buckets'])).toMatchObject({ code: 'bucket-elsewhere' });
  });

  it('a bucket that keeps no versions', async () => {
    await using acme = await ConfigProject.create(server, 'unversioned', ONE_REGION);
    await made(acme, 'us-east-1', false);
    const { code, missed } = await refused(acme);
    expect(code).toBe('bucket-not-versioned');
    expect(missed).toEqual(['versioned', 'encrypted', 'private', 'manifest']);
    const Tagging = { TagSet: [{ Key: 'owner', Value: 'somebody' }] };
    await acme.s3('us-east-1').send(new PutBucketTaggingCommand({ Bucket: acme.bucket('us-east-1'), Tagging }));
    expect((await acme.push(['--create-buckets'])).code).toBe(0);
    expect((await acme.run('check')).code).toBe(0);
    expect(await acme.bucketTags('us-east-1')).toEqual({ owner: 'somebody' });
  });

  it('a bucket of another account, also when it may make buckets', async () => {
    // {account} is left out of the name, so somebody else can have it already.
    const config = { ...ONE_REGION.config, bucket: `squatted-${ACCOUNT}-{region}` };
    await using acme = await ConfigProject.create(server, 'squatted', { ...ONE_REGION, config });
    await made(acme);
    await acme.configure({ channels: { prod: { targets: [ROLE] } }, config });
    const id = `${OTHER_ACCOUNT}/us-east-1`;
    expect(await refused(acme, id)).toEqual({ code: 'bucket-refused', missed: ['account'] });
    expect(await refused(acme, id, ['--create-buckets'])).toMatchObject({ code: 'bucket-refused' });
  });

  it('credentials of another account', async () => {
    const channels = { prod: { targets: [{ account: OTHER_ACCOUNT, regions: ['us-east-1'] }] } };
    await using acme = await ConfigProject.create(server, 'account', { ...ONE_REGION, channels });
    expect(await refused(acme, `${OTHER_ACCOUNT}/us-east-1`)).toEqual({ code: 'wrong-account', missed: ['account'] });
  });

  it.each([
    ['that cannot be read', '{"version":2}', 'manifest-unreadable'],
    [
      'of another image',
      JSON.stringify({
        version: 1,
        image: 'worker',
        serial: 1,
        created: '',
        content: '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945',
        objects: [],
      }),
      'manifest-of-another-image',
    ],
  ])('a manifest %s', async (_, Body, code) => {
    await using acme = await ConfigProject.create(server, code, ONE_REGION);
    await made(acme);
    const object = { Bucket: acme.bucket('us-east-1'), Key: 'api/manifest.json', Body };
    await acme.s3('us-east-1').send(new PutObjectCommand(object));
    expect(await refused(acme)).toEqual({ code, missed: ['encrypted', 'private', 'manifest'] });
  });
});

it.each<[string, Checkout, string]>([
  ['a secret', { config: { secrets: ['database'] } }, 'database is declared secret'],
  [
    'a required value that is not there',
    { config: { required: ['cache.host'] } },
    'required value cache.host is missing',
  ],
  ['a file that is not there', { config: { files: { a: 'region-config/a' } } }, 'there is no file region-config/a'],
])('%s in the configuration is refused before anybody is asked for a bucket', async (name, checkout, says) => {
  await using acme = await ConfigProject.create(server, 'invalid', checkout);
  await using between = await relay(server.endpoint);
  const { code, stdout } = await acme.push(['--create-buckets'], between.url);
  expect(code).toBe(2);
  const { error } = resultOf(stdout);
  expect(error?.code, name).toBe('config-region-config');
  expect(error?.details?.join('\n')).toContain(says);
  expect(stdout).not.toContain('db.us');
  expect(between.calls.map(({ path }) => path)).toEqual(['/']);
});

it.each<[string, readonly string[], RegExp]>([
  ['an unknown channel', ['push', '--channel', 'stagin', '--yes'], /Did you mean staging\? Channels are staging\./],
  ['a serial that is none', ['rollback', '--to', 'last'], /--to "last" is not a serial/],
])('%s is a mistake of usage', async (_, [verb = '', ...options], says) => {
  await using acme = await ConfigProject.create(server, 'usage');
  const { code, stderr } = await acme.run(verb, options);
  expect(code).toBe(2);
  expect(stderr).toMatch(says);
});

it('an image without region config has nothing to publish', async () => {
  await using acme = await ConfigProject.create(server, 'nothing');
  const { code, stderr } = await acme.project.bake(['region-config', 'push', 'base']);
  expect(code).toBe(2);
  expect(stderr).toContain('base has no region config to publish');
});

it('goes to the sandbox where it is asked to, with all its regions', { timeout: 300_000 }, async () => {
  const sandbox = await CliSandbox.up('--no-machines');
  try {
    await using project = await sandbox.project();
    const regionConfig = { bucket: 'acme-{account}-{region}', values: { log: 'info' } };
    const targets = [{ regions: ['us-east-1', 'eu-west-1'] }, ROLE];
    await project.configure({
      images: { base: { source: 'debian:12', layers: ['os'], regionConfig } },
      settings: { channels: { all: { targets } } },
    });
    const verb = (name: string, ...options: string[]) =>
      project.bake(['region-config', name, 'base', '--sandbox', ...options]);
    const { code, stdout } = await verb('push', '--yes', '--create-buckets', '--json');
    expect(code).toBe(0);
    const ids = [US, `${ACCOUNT}/eu-west-1`, `${OTHER_ACCOUNT}/us-east-1`];
    expect(Object.keys(resultOf(stdout).outcomes).sort()).toEqual(ids.sort());
    expect((await verb('check')).code).toBe(0);
  } finally {
    await sandbox.down();
  }
});
