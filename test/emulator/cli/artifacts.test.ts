import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type CliResult, eventsOf, resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { type Project, type ProjectSpec, twoImages } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

const specOf = (source: object, variables: object = {}): ProjectSpec => ({
  ...twoImages,
  images: {
    ...twoImages.images,
    api: { ...twoImages.images.api, variables, artifacts: { app: { ...source, destination: '/opt/app.tgz' } } },
    web: { parent: 'base', layers: ['app'], variables },
  },
});

async function projectOf(source: object, variables?: object): Promise<Project> {
  const project = await sandbox.project(specOf(source, variables));
  await project.write('dist/app.tgz', 'one');
  return project;
}

function ok({ code, stdout, stderr }: CliResult): string {
  if (code !== 0) throw new Error(stderr + stdout);
  return stdout;
}

const all = async (project: Project, ...options: string[]) =>
  resultOf(ok(await project.bake(['all', '--sandbox', '--json', ...options]))).outcomes;

async function planned(project: Project, ...options: string[]) {
  const { steps } = JSON.parse(ok(await project.bake(['plan', '--sandbox', '--json', ...options])));
  return Object.fromEntries(steps.map((step: { image: string; reason?: object }) => [step.image, step.reason]));
}

const changed = (input: string) => ({ why: 'inputs-changed', changes: [{ input, change: 'changed' }] });

it('bakes a service again whose artefact has changed, and only it, though Git ignores the file', async () => {
  await using project = await projectOf({ path: 'dist/app.tgz' });
  await project.write('.gitignore', 'dist/\n');
  await execa('git', ['init', '-q'], { cwd: project.dir });
  await all(project);
  expect(await planned(project)).toEqual({ base: undefined, api: undefined, web: undefined });

  await project.write('dist/app.tgz', 'two');
  expect(await planned(project)).toMatchObject({ base: undefined, api: changed('artifact/app'), web: undefined });
  expect(ok(await project.bake(['why', 'api', '--sandbox']))).toContain('changed artifact/app');
  expect(await all(project)).toMatchObject({
    'base/x86_64': { status: 'reused' },
    'api/x86_64': { status: 'done' },
    'web/x86_64': { status: 'reused' },
  });
  // Where it comes from decides nothing.
  await project.write('elsewhere', 'two');
  expect(await planned(project, '--artifact', 'app=elsewhere')).toMatchObject({ api: undefined });
});

it('refuses another content than the checksum says, and what is not there, before anything is launched', async () => {
  const wrong = 'ab'.repeat(32);
  await using project = await projectOf({ path: 'dist/app.tgz', sha256: wrong });
  const refused = await project.bake(['service', 'api', '--sandbox', '--json']);
  expect(refused.code).toBe(1);
  expect(resultOf(refused.stdout).error).toMatchObject({
    code: 'artifact-digest',
    message: expect.stringMatching(new RegExp(`expected ${wrong}, got [0-9a-f]{64}$`)),
  });
  await rm(join(project.dir, 'dist'), { recursive: true });
  expect(resultOf((await project.bake(['service', 'api', '--sandbox', '--json'])).stdout).error).toMatchObject({
    code: 'artifact-missing',
    hint: expect.stringContaining('--artifact app=<file>'),
  });
  expect(await sandbox.leftovers()).toEqual([]);
  // The others need none.
  ok(await project.bake(['service', 'web', '--with-parents', '--sandbox']));
});

it('takes values from the command line, typed, for the images asked for', async () => {
  await using project = await projectOf({ path: 'dist/app.tgz' }, { port: 80 });
  await all(project);
  expect(await planned(project, '--var', 'api.port=81')).toMatchObject({
    base: undefined,
    api: changed('variables/port'),
    web: undefined,
  });
  for (const [option, value] of [
    ['--var', 'port=http'],
    ['--var', 'prot=81'],
    ['--artifact', 'ap=x'],
  ] as const) {
    const { code, stderr } = await project.bake(['plan', '--sandbox', option, value]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(option) });
  }
});

it('reads an object once for each content, and bakes again when there is another', async () => {
  await using project = await projectOf({ s3: 's3://acme-builds/app 1.tgz' });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({ region: 'us-east-1', endpoint: sandbox.endpoint, credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'acme-builds' }));
  const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket: 'acme-builds', Key: 'app 1.tgz', Body }));

  const none = await project.bake(['plan', '--sandbox']);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no s3://acme-builds/app 1.tgz') });
  await put('one');
  await all(project);
  expect(await planned(project)).toMatchObject({ api: undefined });
  await put('two');
  expect(await planned(project)).toMatchObject({ base: undefined, api: changed('artifact/app') });
  s3.destroy();
});

it('counts an artefact as changed in Git where Git does not know it', async () => {
  await using project = await projectOf({ path: 'dist/app.tgz' });
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: project.dir });
  const chosen = async (...given: readonly string[]) => {
    const args = ['all', '--changed-since', 'HEAD', '--dry-run', '--sandbox', '--json', ...given];
    const { stdout } = await project.bake(args);
    const plan = eventsOf(stdout).find(({ type }) => type === 'plan')?.plan as
      | { steps: { image: string }[] }
      | undefined;
    return plan?.steps.map(({ image }) => image);
  };
  await git('init', '-q');
  await git('add', '.');
  await git('commit', '-qm', 'all');
  expect(await chosen()).toEqual([]);
  expect(await chosen('--artifact', 'app=dist/app.tgz')).toEqual([]);
  await project.write('other.tgz', 'of another build');
  expect(await chosen('--artifact', 'app=other.tgz')).toEqual(['base', 'api']);
  await project.write('.gitignore', 'dist/\n');
  await git('rm', '-rq', '--cached', 'dist');
  await git('add', '.');
  await git('commit', '-qm', 'not the artefact');
  expect(await chosen()).toEqual(['base', 'api']);
});

it('writes what packer build sends, and what the machine is to make of it', async () => {
  await using project = await projectOf({ path: 'dist/app.tgz', owner: 'daemon', mode: '0750' });
  await project.write('other', 'other');
  ok(await project.bake(['render', 'api', '--out', 'out', '--artifact', 'app=other', '--packer-version', '1.6.6']));
  expect(await readFile(join(project.dir, 'out/artifact-1'), 'utf8')).toBe('other');
  expect(await readFile(join(project.dir, 'out/image.pkr.hcl'), 'utf8')).toContain('"/var/tmp/bake-artifact-1"');
  const payload = join(project.dir, 'out/payload.tar');
  const { stdout } = await execa('tar', ['-xOf', payload, 'artifacts']);
  expect(stdout).toBe('daemon\troot\t0750\t/opt/app.tgz');
  const record = JSON.parse(await readFile(join(project.dir, 'out/record-input.json'), 'utf8'));
  expect(record.artifacts).toMatchObject([{ name: 'app', destination: '/opt/app.tgz', from: null }]);
});
