import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { CliResult } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { type Document, IamLab, policiesFor, withoutOne } from '../../helpers/iam-lab.ts';
import { ask, type RecordedCall, setFaults } from '../../helpers/interference.ts';
import { Project, twoImages } from '../../helpers/project.ts';
import type { AwsKeys, SandboxServer } from '../../helpers/sandbox-server.ts';

/** One bake for each statement. */
vi.setConfig({ testTimeout: 600_000 });

const BUCKET = 'acme-iam-state';
const SPEC = { ...twoImages, settings: { state: { bucket: BUCKET } } };

let sandbox: CliSandbox;
let lab: IamLab;
let project: Project;
let policy: Document;
let changes = 0;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
  lab = new IamLab(sandbox);
  project = await sandbox.project(SPEC);
  const [role] = (await policiesFor(project, 'build')).roles;
  policy = role?.policy ?? { Statement: [] };
  await makeBucket();
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await sandbox.down();
});

async function makeBucket(): Promise<void> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({ region: 'us-east-1', endpoint: sandbox.endpoint, credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const VersioningConfiguration = { Status: 'Enabled' as const };
  await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
  s3.destroy();
}

const as = (keys: AwsKeys) => ({
  BAKE_SANDBOX_ACCESS_KEY_ID: keys.accessKeyId,
  BAKE_SANDBOX_SECRET_ACCESS_KEY: keys.secretAccessKey,
});

const run = (args: readonly string[], keys: AwsKeys): Promise<CliResult> =>
  project.bake([...args, '--sandbox', '--json'], as(keys));

/** Fails at the very end, so that all of it is removed again. */
async function bakeAndFail(keys: AwsKeys): Promise<CliResult> {
  const fail = { code: 'InternalError', status: 400 };
  const match = { action: 'CreateTags', parameters: { 'Tag.1.Key': 'bake:fingerprint' } };
  const server = sandbox as unknown as SandboxServer;
  await setFaults(server, [{ match, do: { fail } }]);
  return run(['base', '--force'], keys).finally(() => setFaults(server, []));
}

/** Says what has changed since, from a record that is in the bucket alone. */
async function bakeAndPlan(keys: AwsKeys): Promise<CliResult> {
  const baked = await run(['base', '--force'], keys);
  if (baked.code !== 0) return baked;
  await rm(join(sandbox.status.stateDir, 'records'), { recursive: true, force: true });
  await project.write('layers/os/files/etc/motd', `changed ${++changes}\n`);
  return run(['plan', 'base'], keys);
}

it('allows everything that a bake does', async () => {
  const all = await lab.judge(policy, (keys) => run(['service', 'api', '--with-parents'], keys));
  expect({ code: all.result.code, denied: all.denied }, all.result.stdout).toEqual({ code: 0, denied: [] });
  // By their names every sandbox of the tests tells whether the table has all of their calls.
  const { calls } = await ask<{ calls: readonly RecordedCall[] }>(sandbox as unknown as SandboxServer, 'calls?after=0');
  expect([...new Set(calls.map(({ agent }) => agent))]).toEqual(expect.arrayContaining(['bake', 'packer']));
  const { stdout } = await project.bake(['list', 'api', '--sandbox', '--json']);
  const version = JSON.parse(stdout).images[0].version;
  const marked = await lab.judge(policy, async (keys) => {
    await run(['mark', `api@${version}`, '--bad', 'it is slow'], keys);
    return run(['mark', `api@${version}`, '--good'], keys);
  });
  expect({ code: marked.result.code, denied: marked.denied }).toEqual({ code: 0, denied: [] });
  const failed = await lab.judge(policy, bakeAndFail);
  expect({ code: failed.result.code, denied: failed.denied }).toEqual({ code: 1, denied: [] });
  expect(await sandbox.leftovers()).toEqual([]);
});

/** What a bake comes to when nothing has failed: it publishes the image, and keeps the record. */
const AT_THE_END = /^TagImages$|State$/;

it('has no statement that a bake could do without', async () => {
  const enough: string[] = [];
  for (const [name, less] of withoutOne(policy)) {
    const { denied } = await lab.judge(less, AT_THE_END.test(name) ? bakeAndPlan : bakeAndFail);
    if (denied.length === 0) enough.push(name);
  }
  expect(withoutOne(policy).length).toBeGreaterThan(15);
  expect(enough).toEqual([]);
});

it.each([
  [{ project: 'shop' }, 'ec2:CreateKeyPair'],
  [{ region: 'eu-west-1' }, 'ec2:DescribeImages'],
])('lets nobody do what is of another project or region: %j', async (settings, refused) => {
  await using other = await Project.create({ ...SPEC, settings: { ...SPEC.settings, ...settings } });
  const [role] = (await policiesFor(other, 'build')).roles;
  const { denied } = await lab.judge(role?.policy ?? { Statement: [] }, (keys) => run(['base', '--force'], keys));
  expect(denied).toContain(refused);
});
