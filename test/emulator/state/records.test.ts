import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventsOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { Project } from '../../helpers/project.ts';
import { twoImages } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());

const SPEC = { ...twoImages, settings: { state: { bucket: 'acme-state' } } };

const warnings = (stdout: string) =>
  eventsOf(stdout).flatMap(({ type, warning }) => (type === 'warning' ? [(warning as { code: string }).code] : []));

async function uploaded(): Promise<readonly string[]> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({ region: 'us-east-1', endpoint: sandbox.endpoint, credentials, forcePathStyle: true });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'acme-state' }));
  return Contents.flatMap(({ Key }) => Key ?? []);
}

const json = async (project: Project, ...args: string[]) =>
  JSON.parse((await project.bake([...args, '--sandbox', '--json'])).stdout);

it('are kept in the bucket too, and found by machines that have not baked', async () => {
  await using project = await sandbox.project(SPEC);
  const records = join(sandbox.status.stateDir, 'records');

  // There is no bucket yet: nothing but a warning comes of that.
  const base = await project.bake(['base', '--sandbox', '--json']);
  expect(base.code).toBe(0);
  expect(warnings(base.stdout)).toEqual(['state-bucket-not-used']);
  const [fingerprint = ''] = await readdir(records);

  const { imageId } = (await json(project, 'list', 'base')).images[0];
  expect(await json(project, 'state', 'init', '--yes')).toMatchObject({ uploaded: 1 });
  expect(await uploaded()).toEqual([`records/${fingerprint}/${imageId}.json`]);

  const service = await project.bake(['service', 'api', '--sandbox', '--json']);
  expect({ code: service.code, warnings: warnings(service.stdout) }).toEqual({ code: 0, warnings: [] });
  expect(await uploaded()).toHaveLength(2);

  await rm(records, { recursive: true });
  await project.write('layers/app/files/etc/app.conf', 'port = 81\n');
  const { steps } = await json(project, 'plan', 'api');
  expect(steps[1].reason).toMatchObject({
    why: 'inputs-changed',
    changes: [{ input: 'layer/app/files/etc/app.conf', change: 'changed' }],
  });
});

it('of a bake that could not reach the bucket follow with the next', async () => {
  await using project = await sandbox.project({ ...twoImages, settings: { state: { bucket: 'acme-late' } } });
  await project.write('layers/app/files/etc/app.conf', 'port = 82\n');
  const before = await uploaded();
  expect(warnings((await project.bake(['service', 'api', '--sandbox', '--json'])).stdout)).toEqual([
    'state-bucket-not-used',
  ]);
  expect(await uploaded()).toEqual(before);
  await project.configure(SPEC);
  await project.write('layers/app/files/etc/app.conf', 'port = 83\n');
  expect(warnings((await project.bake(['service', 'api', '--sandbox', '--json'])).stdout)).toEqual([]);
  expect(await uploaded()).toHaveLength(before.length + 2);
});
