import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ACCOUNT } from '../../helpers/region-config.ts';
import { relay } from '../../helpers/relay.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { StateProject } from '../../helpers/state.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const missed = (stdout: string): readonly string[] =>
  (JSON.parse(stdout).checks as { readonly name: string; readonly status: string }[])
    .filter(({ status }) => status === 'missed')
    .map(({ name }) => name);

const FINGERPRINT = 'a'.repeat(64);
const record = (startedAt: string) => JSON.stringify({ version: 1, imageVersion: '1.4.2', inputs: {}, startedAt });

it('says what is lost where none is named', async () => {
  await using acme = await StateProject.create(server, 'none', { state: undefined });
  const { code, stdout } = await acme.run(['state', 'status']);
  expect(code).toBe(1);
  expect(stdout).toContain('nothing keeps two promotions of an image to one channel apart');
  const json = await acme.run(['state', 'status', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    version: 1,
    bucket: null,
    ok: false,
    lost: [{}, {}, {}].map(() => expect.any(String)),
  });
  expect((await acme.run(['state', 'init', '--yes'])).code).toBe(2);
});

it('is made, and then there is nothing more to do', async () => {
  await using acme = await StateProject.create(server, 'made-{account}', {
    state: { bucket: 'made-{account}', prefix: 'web' },
  });
  const before = await acme.run(['state', 'status', '--json']);
  expect({ code: before.code, missed: missed(before.stdout) }).toEqual({ code: 1, missed: ['bucket'] });

  await using between = await relay(server.endpoint);
  const unasked = await acme.run(['state', 'init'], between.url);
  expect(unasked.code).toBe(2);
  expect(unasked.stderr).toContain(`bucket made-${ACCOUNT} will be created`);
  expect(between.calls.filter(({ writes }) => writes)).toEqual([]);

  const made = await acme.run(['state', 'init', '--yes', '--json']);
  expect(made.code).toBe(0);
  const features = ['versioning', 'encryption', 'public access block', 'owner', 'tags', 'lifecycle'];
  expect(JSON.parse(made.stdout)).toEqual({
    version: 1,
    project: 'acme',
    bucket: `made-${ACCOUNT}`,
    account: ACCOUNT,
    region: 'us-east-1',
    prefix: 'web/',
    changed: ['create', ...features],
    uploaded: 0,
  });
  const status = await acme.run(['state', 'status', '--json']);
  expect({ code: status.code, missed: missed(status.stdout) }).toEqual({ code: 0, missed: [] });

  const Bucket = `made-${ACCOUNT}`;
  const { Rules } = await acme.s3().send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  const removed = Rules?.map(({ Filter, Expiration, NoncurrentVersionExpiration }) => {
    return [Filter?.Prefix, Expiration?.Days, NoncurrentVersionExpiration?.NoncurrentDays];
  });
  // Of what a channel holds only versions that were written over.
  expect(removed).toEqual([
    ['web/', undefined, 400],
    ['web/records/', 400, 400],
  ]);

  await using again = await relay(server.endpoint);
  expect((await acme.run(['state', 'init'], again.url)).code).toBe(0);
  expect(again.calls.filter(({ writes }) => writes)).toEqual([]);
});

it('is mended, and what others put there stays', async () => {
  await using acme = await StateProject.create(server, 'broken');
  expect((await acme.run(['state', 'init', '--yes'])).code).toBe(0);
  const s3 = acme.s3();
  const Bucket = 'broken';
  const theirs = { ID: 'theirs', Status: 'Enabled' as const, Filter: { Prefix: 'logs/' }, Expiration: { Days: 7 } };
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [theirs] } }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }));
  const Rules = [{ ObjectOwnership: 'ObjectWriter' as const }];
  await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }));
  const PublicAccessBlockConfiguration = { BlockPublicAcls: true };
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  const TagSet = [{ Key: 'cost-centre', Value: '42' }];
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));

  const status = await acme.run(['state', 'status', '--json']);
  expect(status.code).toBe(1);
  expect(missed(status.stdout)).toEqual(['versioned', 'private', 'owner', 'lifecycle']);
  const { stdout } = await acme.run(['state', 'init', '--yes', '--json']);
  expect(JSON.parse(stdout).changed).toEqual(['versioning', 'public access block', 'owner', 'lifecycle']);
  expect((await acme.run(['state', 'status'])).code).toBe(0);
  const lifecycle = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  expect(lifecycle.Rules?.map(({ ID }) => ID)).toContain('theirs');
  expect(await s3.send(new GetBucketTaggingCommand({ Bucket }))).toMatchObject({ TagSet });
});

it('of another project is refused, unless this one has a part of its own', async () => {
  await using theirs = await StateProject.create(server, 'shared', { project: 'other' });
  expect((await theirs.run(['state', 'init', '--yes'])).code).toBe(0);
  await using acme = await StateProject.create(server, 'shared');
  const { code, stdout } = await acme.run(['state', 'init', '--yes', '--json']);
  expect({ code, error: JSON.parse(stdout).error.code }).toEqual({ code: 1, error: 'state-of-another-project' });
  expect(missed((await acme.run(['state', 'status', '--json'])).stdout)).toEqual(['project']);
  await acme.configure({ state: { bucket: 'shared', prefix: 'acme' } });
  const own = await acme.run(['state', 'init', '--yes', '--json']);
  expect({ code: own.code, changed: JSON.parse(own.stdout).changed }).toEqual({ code: 0, changed: ['lifecycle'] });
  expect((await theirs.run(['state', 'status'])).code).toBe(0);
});

it('gets the records of this machine, but for those that it would remove', async () => {
  await using acme = await StateProject.create(server, 'uploaded');
  const now = new Date().toISOString();
  await acme.project.write(`.bake/records/${FINGERPRINT}/ami-1.json`, record(now));
  await acme.project.write(`.bake/records/${FINGERPRINT}/ami-2.json`, record(now));
  await acme.project.write(`.bake/records/${'b'.repeat(64)}/ami-3.json`, record('2020-01-01T00:00:00Z'));
  const { stdout } = await acme.run(['state', 'init', '--yes', '--json']);
  expect(JSON.parse(stdout).uploaded).toBe(2);
  const Bucket = 'uploaded';
  const { Contents } = await acme.s3().send(new ListObjectsV2Command({ Bucket }));
  const Key = `records/${FINGERPRINT}/ami-1.json`;
  expect(Contents?.map(({ Key }) => Key)).toEqual([Key, `records/${FINGERPRINT}/ami-2.json`]);
  const found = await acme.s3().send(new GetObjectCommand({ Bucket, Key }));
  expect(await found.Body?.transformToString()).toBe(record(now));
  expect(JSON.parse((await acme.run(['state', 'init', '--json'])).stdout)).toMatchObject({ changed: [], uploaded: 0 });
});
