import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { type Project, twoImages } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

const channels = {
  prod: { targets: [{ regions: ['us-east-1'] }] },
  staging: { targets: [{ regions: ['eu-west-1'] }] },
};
const WHY = 'the disk fills up';

async function baked(settings: object = {}): Promise<{ project: Project; version: string; base: string; api: string }> {
  const project = await sandbox.project({ ...twoImages, settings: { channels, ...settings } });
  const made = await project.bake(['service', 'api', '--with-parents', '--sandbox', '--json']);
  const { outcomes } = resultOf(made.stdout);
  const [base, api] = [outcomes['base/x86_64'], outcomes['api/x86_64']];
  return { project, version: base?.version ?? '', base: base?.imageId ?? '', api: api?.imageId ?? '' };
}

const json = async (project: Project, ...args: string[]) =>
  JSON.parse((await project.bake([...args, '--sandbox', '--json'])).stdout);

it('says of a bad base why it is, and what stands on it', async () => {
  const { project, version, base, api } = await baked();
  const marked = await json(project, 'mark', `base@${version}`, '--bad', `  ${WHY}\n`);
  expect(marked).toEqual({
    version: 1,
    project: 'acme',
    image: 'base',
    imageVersion: version,
    bad: { reason: WHY, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), by: expect.stringMatching(/^\S+$/) },
    images: [{ image: 'base', version, architecture: 'x86_64', imageId: base }],
    children: [{ image: 'api', version, architecture: 'x86_64', imageId: api }],
    channels: [],
  });
  const list = await json(project, 'list', 'base');
  expect(list.images[0]).toMatchObject({ state: 'bad', bad: { reason: WHY } });
  expect((await project.bake(['show', `base@${version}`, '--sandbox'])).stdout).toContain(`bad: ${WHY}`);
  expect((await project.bake(['show', `api@${version}`, '--sandbox'])).stdout).toContain(
    `it stands on base ${version}, which is marked bad: ${WHY}`,
  );

  const good = await json(project, 'mark', `base@${version}`, '--good');
  expect(good.bad).toBeNull();
  expect((await json(project, 'list', 'base')).images).toMatchObject([{ state: 'available', bad: null }]);
});

it('bakes a bad base again, and what stands on it', async () => {
  const { project, version, base, api } = await baked();
  expect((await project.bake(['mark', `base@${version}`, '--bad', WHY, '--sandbox'])).code).toBe(0);
  const plan = await project.bake(['plan', 'api', '--sandbox']);
  expect(plan.stdout).toContain(`${base} is marked bad: ${WHY}`);
  expect(plan.stdout).toContain(`${api} stands on base ${version}, which is marked bad: ${WHY}`);
  const again = await project.bake(['service', 'api', '--sandbox', '--json']);
  const { outcomes } = resultOf(again.stdout);
  expect(outcomes).toMatchObject({ 'base/x86_64': { status: 'done' }, 'api/x86_64': { status: 'done' } });
  const shown = await json(project, 'show', 'api');
  expect(shown.images[0].parent.imageId).toBe(outcomes['base/x86_64']?.imageId);
});

it('passes a bad base over for the one before, with a warning', async () => {
  const { project, base } = await baked();
  await project.write('layers/os/files/etc/motd', 'hello\n');
  const newer = resultOf((await project.bake(['base', '--sandbox', '--json'])).stdout).outcomes['base/x86_64'];
  expect((await project.bake(['mark', `base@${newer?.version}`, '--bad', WHY, '--sandbox'])).code).toBe(0);
  const { stdout } = await project.bake(['service', 'api', '--sandbox', '--json']);
  const warnings = eventsOf(stdout).flatMap(({ type, warning }) => (type === 'warning' ? [warning] : []));
  expect(warnings).toMatchObject([{ code: 'parent-marked-bad', message: expect.stringContaining(base) }]);
  expect(resultOf(stdout).outcomes).toMatchObject({ 'api/x86_64': { status: 'reused' } });
});

it('names the channels that hold it, from their tags or from the state bucket', async () => {
  const { project, version, api } = await baked();
  const Tags = [{ Key: 'bake:channel/staging', Value: '2026-11-20T12:00:00Z promote finished' }];
  await sandbox.ec2().send(new CreateTagsCommand({ Resources: [api], Tags }));
  expect((await json(project, 'mark', `api@${version}`, '--bad', WHY)).channels).toEqual(['staging']);

  await project.configure({ ...twoImages, settings: { channels, state: { bucket: 'acme-state' } } });
  const lost = await project.bake(['mark', `api@${version}`, '--bad', WHY, '--sandbox', '--json']);
  expect({ code: lost.code, channels: JSON.parse(lost.stdout).channels }).toEqual({ code: 0, channels: null });
  expect(lost.stderr).toContain('which channels hold it could not be found out');

  expect((await project.bake(['state', 'init', '--yes', '--sandbox'])).code).toBe(0);
  const move = { imageVersion: version, action: 'promote', amis: {}, at: '', by: '', run: '', finished: true };
  const Body = JSON.stringify({ version: 1, channel: 'prod', image: 'api', moves: [move] });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({ region: 'us-east-1', endpoint: sandbox.endpoint, credentials, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: 'acme-state', Key: 'channels/prod/api.json', Body }));
  const { stdout } = await project.bake(['mark', `api@${version}`, '--bad', WHY, '--sandbox']);
  expect(stdout).toBe(`api ${version} is marked bad: ${WHY}\nHeld by prod.\n  → bake rollback api --channel prod\n`);
});

it('refuses what it cannot do, and changes nothing', async () => {
  const { project, version } = await baked();
  const refused = async (...args: string[]) => {
    const { code, stderr } = await project.bake(['mark', ...args, '--sandbox']);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await refused(`api@${version}`)).toContain('nothing says how to mark it');
  expect(await refused(`api@${version}`, '--bad', WHY, '--good')).toContain('are opposites');
  expect(await refused(`api@${version}`, '--bad', ' ')).toContain('--bad needs a reason');
  expect(await refused('api', '--bad', WHY)).toContain('api names no version');
  expect(await refused('api@9', '--bad', WHY)).toContain(`Versions are ${version}.`);
  expect(await refused('apu@9', '--bad', WHY)).toContain('Did you mean api?');
  expect(await refused(`api@${version}`, '--bad', 'x'.repeat(257))).toContain('has 257 characters');
  const { images } = await json(project, 'list');
  expect(images.map(({ bad }: { bad: unknown }) => bad)).toEqual([null, null]);
});
