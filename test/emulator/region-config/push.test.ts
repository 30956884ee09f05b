import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { ACCOUNT, ConfigProject, OTHER_ACCOUNT } from '../../helpers/region-config.ts';
import { relay } from '../../helpers/relay.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const US = `${ACCOUNT}/us-east-1`;
const EU = `${ACCOUNT}/eu-west-1`;
const statuses = (stdout: string) =>
  Object.fromEntries(Object.entries(resultOf(stdout).outcomes).map(([id, { status }]) => [id, status]));

it('gives each region its own, makes the buckets, and writes nothing the second time', async () => {
  await using acme = await ConfigProject.create(server, 'first');
  const { code, stdout, stderr } = await acme.push(['--create-buckets']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(statuses(stdout)).toEqual({ [US]: 'published', [EU]: 'published' });
  const types = new Set(eventsOf(stdout).map(({ type }) => type));
  for (const type of ['place-planned', 'bucket-changed', 'object-written', 'place-finished']) {
    expect(types).toContain(type);
  }
  expect((await acme.found('us-east-1'))?.texts).toEqual({
    'files/limits.conf': 'region = us-east-1\nfiles = 1024\n',
    'values.json': '{"database":"db.us","limits":{"files":1024},"log":"info"}',
  });
  expect((await acme.found('eu-west-1'))?.texts['values.json']).toContain('"database":"db.eu"');
  const check = await acme.run('check');
  expect({ code: check.code, stderr: check.stderr }).toEqual({ code: 0, stderr: '' });
  expect(check.stdout).not.toContain('MISSED');

  await using between = await relay(server.endpoint);
  const again = await acme.push(['--create-buckets'], between.url);
  expect(statuses(again.stdout)).toEqual({ [US]: 'unchanged', [EU]: 'unchanged' });
  expect(between.calls.filter(({ writes }) => writes)).toEqual([]);
  expect(between.calls.length).toBeGreaterThan(0);
});

it('uploads what changed where it changed, and brings it back', async () => {
  await using acme = await ConfigProject.create(server, 'changed');
  await acme.push(['--create-buckets']);
  const before = await acme.found('us-east-1');
  const values = { 'us-east-1': { database: 'db.new' }, 'eu-west-1': { database: 'db.eu' } };
  await acme.configure({ config: { regionValues: values } });
  expect((await acme.run('check')).code).toBe(1);
  const { stdout } = await acme.push();
  expect(statuses(stdout)).toEqual({ [US]: 'published', [EU]: 'unchanged' });
  const written = eventsOf(stdout).flatMap(({ type, id, name }) => (type === 'object-written' ? [[id, name]] : []));
  expect(written).toEqual([[US, 'values.json']]);
  const planned = eventsOf(stdout).find(({ type, id }) => type === 'place-planned' && id === US);
  expect(planned?.plan).toMatchObject({ serial: 1, values: [{ path: 'database', from: 'db.us', to: 'db.new' }] });
  const after = await acme.found('us-east-1');
  expect(after?.manifest.serial).toBe(2);
  expect(after?.manifest.objects[0]).toEqual(before?.manifest.objects[0]);

  const back = await acme.run('rollback', ['--yes', '--json']);
  // There was but one push to Europe, so nothing can come back there.
  expect(back.code).toBe(1);
  expect(resultOf(back.stdout).outcomes).toMatchObject({
    [US]: { status: 'published', serial: 3 },
    [EU]: { status: 'failed', error: { code: 'rollback-impossible' } },
  });
  const restored = await acme.found('us-east-1');
  expect(restored?.manifest).toMatchObject({ serial: 3, rollbackOf: 1, content: before?.manifest.content });
  expect(restored?.manifest.objects).toEqual(before?.manifest.objects);

  const forth = await acme.run('rollback', ['--yes', '--json', '--to', '2']);
  expect(resultOf(forth.stdout).outcomes[US]).toMatchObject({ status: 'published', serial: 4 });
  expect((await acme.found('us-east-1'))?.texts['values.json']).toContain('db.new');
});

it('counts on after the manifest was deleted', async () => {
  await using acme = await ConfigProject.create(server, 'deleted');
  await acme.push(['--create-buckets']);
  const Bucket = acme.bucket('us-east-1');
  await acme.s3('us-east-1').send(new DeleteObjectCommand({ Bucket, Key: 'api/manifest.json' }));
  expect(await acme.found('us-east-1')).toBeUndefined();
  expect((await acme.push()).code).toBe(0);
  expect((await acme.found('us-east-1'))?.manifest.serial).toBe(2);
});

it('uploads again what is gone from under the manifest', async () => {
  await using acme = await ConfigProject.create(server, 'gone');
  await acme.push(['--create-buckets']);
  const before = await acme.found('us-east-1');
  const pinned = before?.manifest.objects.find(({ name }) => name === 'values.json');
  const gone = { Bucket: acme.bucket('us-east-1'), Key: pinned?.key, VersionId: pinned?.versionId };
  await acme.s3('us-east-1').send(new DeleteObjectCommand(gone));
  const check = await acme.run('check', ['--json']);
  expect(check.code).toBe(1);
  const [us] = JSON.parse(check.stdout).places;
  expect(us).toMatchObject({ id: US, ok: false });
  expect(us.checks).toContainEqual({ name: 'objects', status: 'missed', detail: 'values.json is gone' });
  expect(statuses((await acme.push()).stdout)).toEqual({ [US]: 'published', [EU]: 'unchanged' });
  const after = await acme.found('us-east-1');
  expect(after?.manifest).toMatchObject({ serial: 2, content: before?.manifest.content });
  expect((await acme.run('check')).code).toBe(0);
});

it('reaches another account by its role, and encrypts with the key of each region', async () => {
  const role = `arn:aws:iam::${OTHER_ACCOUNT}:role/release`;
  const channels = {
    staging: { targets: [{ regions: ['us-east-1'] }] },
    prod: { targets: [{ account: OTHER_ACCOUNT, role, regions: ['us-east-1', 'eu-west-1'] }] },
  };
  const config = { encryption: { kmsKey: 'alias/config-{region}' }, prefix: '{channel}/api' };
  await using acme = await ConfigProject.create(server, 'accounts', { channels, config });
  await using between = await relay(server.endpoint);
  const { code, stdout } = await acme.push(['--create-buckets', '--channel', 'prod'], between.url);
  expect({ code, statuses: statuses(stdout) }).toEqual({
    code: 0,
    statuses: {
      [`${OTHER_ACCOUNT}/us-east-1/prod`]: 'published',
      [`${OTHER_ACCOUNT}/eu-west-1/prod`]: 'published',
    },
  });
  // The STS of a region that the caller's account has not enabled would not know its keys.
  const scopes = between.calls.map(({ scope }) => scope);
  expect(scopes.filter((scope) => scope.endsWith('/sts'))).toEqual(Array.from({ length: 3 }, () => 'us-east-1/sts'));
  expect(scopes).toContain('eu-west-1/s3');
  const head = new HeadObjectCommand({
    Bucket: acme.bucket('eu-west-1', OTHER_ACCOUNT),
    Key: 'prod/api/values.json',
    ExpectedBucketOwner: OTHER_ACCOUNT,
  });
  expect(await acme.s3('eu-west-1').send(head)).toMatchObject({
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: 'alias/config-eu-west-1',
  });
  expect((await acme.run('check', ['--channel', 'prod'])).code).toBe(0);
  // Nothing was published to staging.
  expect((await acme.run('check')).code).toBe(1);
});

it('encrypts anew when the configuration says so', async () => {
  await using acme = await ConfigProject.create(server, 'encrypted');
  await acme.push(['--create-buckets']);
  await acme.configure({ config: { encryption: { kmsKey: 'alias/config' } } });
  const { stdout } = await acme.push(['--create-buckets']);
  const planned = eventsOf(stdout).find(({ type }) => type === 'place-planned')?.plan;
  expect(planned).toMatchObject({
    bucketChanges: ['encryption'],
    objects: [
      { name: 'files/limits.conf', change: 'repaired' },
      { name: 'values.json', change: 'repaired' },
    ],
  });
  expect((await acme.run('check')).code).toBe(0);
  await acme.configure({});
  const back = await acme.push();
  expect(statuses(back.stdout)).toEqual({ [US]: 'published', [EU]: 'published' });
  expect((await acme.found('us-east-1'))?.manifest.serial).toBe(3);
});

it('asks before it writes, and writes nothing where nobody can answer', async () => {
  await using acme = await ConfigProject.create(server, 'asked');
  await using between = await relay(server.endpoint);
  const { code, stdout, stderr } = await acme.run('push', ['--create-buckets'], between.url);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('+ database: "db.us"');
  expect(stderr).toContain('Add --yes to go on.');
  expect(between.calls.filter(({ writes }) => writes)).toEqual([]);
});
