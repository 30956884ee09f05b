import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { noteCalls } from '../../helpers/cli-packers.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

it('goes from a plan to images that list and show tell about', async () => {
  await using project = await sandbox.project();
  const plan = JSON.parse((await project.bake(['plan', '--sandbox', '--json'])).stdout);
  expect(plan).toMatchObject({
    version: 1,
    project: 'acme',
    region: 'us-east-1',
    steps: [
      {
        action: 'bake',
        id: 'base/x86_64',
        image: 'base',
        architecture: 'x86_64',
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        parent: { kind: 'source', imageId: expect.stringMatching(/^ami-/), name: expect.stringContaining('debian-12') },
        reason: { why: 'never-baked' },
      },
      { id: 'api/x86_64', parent: { kind: 'this-run', image: 'base' }, reason: { why: 'never-baked' } },
    ],
    warnings: [],
  });

  const base = await project.bake(['base', '--sandbox']);
  expect(base).toMatchObject({ code: 0 });
  expect(base.stdout).toMatch(/^base\/x86_64 +\d{4}\.\d\d\.\d\d\.1 +ami-[0-9a-f]{17} +baked\n$/);
  expect(base.stderr).toMatch(/^\d\d:\d\d:\d\d base\/x86_64 done in .+ ami-/m);

  const service = await project.bake(['service', 'api', '--sandbox', '--json']);
  expect(service).toMatchObject({ code: 0, stderr: '' });
  const types = eventsOf(service.stdout).map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['run-started', 'plan', 'bake-started', 'version-reserved', 'output']));
  expect(eventsOf(service.stdout).every(({ v, at }) => v === 1 && !Number.isNaN(Date.parse(at)))).toBe(true);
  expect(resultOf(service.stdout)).toMatchObject({
    ok: true,
    exitCode: 0,
    outcomes: { 'api/x86_64': { status: 'done', imageId: expect.stringMatching(/^ami-/) } },
  });

  const list = JSON.parse((await project.bake(['list', '--sandbox', '--json'])).stdout);
  expect(Object.keys(list)).toEqual(['version', 'project', 'region', 'images']);
  const api = list.images.find(({ image }: { image: string }) => image === 'api');
  expect(api).toMatchObject({
    version: expect.stringMatching(/\.1$/),
    architecture: 'x86_64',
    imageId: resultOf(service.stdout).outcomes['api/x86_64']?.imageId,
    name: expect.stringMatching(/^acme\/api\/\d{4}\.\d\d\.\d\d\.1-x86_64$/),
    state: 'available',
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    parent: { image: 'base', version: expect.stringMatching(/\.1$/), imageId: expect.stringMatching(/^ami-/) },
    sourceAmi: { imageId: plan.steps[0].parent.imageId, name: plan.steps[0].parent.name },
    commit: null,
    recordDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    snapshotIds: [expect.stringMatching(/^snap-/)],
    tags: { 'bake:project': 'acme', 'bake:image': 'api' },
  });
  const { images: shown } = JSON.parse((await project.bake(['show', 'api', '--sandbox', '--json'])).stdout);
  const lineage = [api.parent, { image: api.sourceAmi.name, version: null, imageId: api.sourceAmi.imageId }];
  expect(shown).toEqual([{ ...api, lineage }]);

  const text = (await project.bake(['list', '--sandbox'])).stdout.split('\n');
  expect(text[0]).toMatch(/^IMAGE +VERSION +ARCH +AMI +AGE +STATE +TRIED +PARENT +SOURCE AMI$/);
  expect(text[1]).toMatch(/^api .* available +- +base \d/);
  expect(text[2]).toMatch(/^base .* available +- +- +debian-12/);
  expect(await sandbox.leftovers()).toEqual([]);
});

it('reuses what there is, without Packer', async () => {
  await using project = await sandbox.project();
  const calls = await noteCalls(project);
  await project.bake(['service', 'api', '--with-parents', '--sandbox']);
  const before = await calls();
  expect(before.filter((call) => call.startsWith('build'))).toHaveLength(2);

  const again = await project.bake(['service', 'api', '--with-parents', '--sandbox']);
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(/^base\/x86_64 .* reused\napi\/x86_64 .* reused\n$/);
  expect(await calls()).toEqual(before);
});

it('shows a plan and stops with --dry-run', async () => {
  await using project = await sandbox.project();
  const calls = await noteCalls(project);
  const { code, stdout } = await project.bake(['base', '--dry-run', '--sandbox']);
  expect(code).toBe(0);
  expect(stdout).toContain('+ base/x86_64  bake: never baked');
  expect(await calls()).toEqual([]);
  expect(JSON.parse((await project.bake(['list', '--sandbox', '--json'])).stdout).images).toEqual([]);
});

it('bakes again with --force, and the children follow', async () => {
  await using project = await sandbox.project();
  await project.bake(['service', 'api', '--with-parents', '--sandbox']);
  const forced = await project.bake(['base', '--force', '--sandbox', '--json']);
  expect(resultOf(forced.stdout).outcomes['base/x86_64']).toMatchObject({ version: expect.stringMatching(/\.2$/) });
  const plan = await project.bake(['plan', '--sandbox']);
  expect(plan.stdout).toMatch(/^= base\/x86_64 .*\n\+ api\/x86_64 {2}bake: parent-changed: base/);
});

it('uses the version that is given, once', async () => {
  await using project = await sandbox.project();
  const given = ['base', '--version', '1.4.2', '--sandbox', '--json'];
  expect(resultOf((await project.bake(given)).stdout).outcomes['base/x86_64']).toMatchObject({ version: '1.4.2' });
  await project.write('layers/os/files/etc/motd', 'changed\n');
  const second = await project.bake(given);
  expect(second.code).toBe(1);
  expect(resultOf(second.stdout).outcomes['base/x86_64']?.error).toMatchObject({ code: 'version-taken' });
  expect(await sandbox.leftovers()).toEqual([]);
});

it('warns about a parent that is out of date, and bakes it with --with-parents', async () => {
  await using project = await sandbox.project();
  await project.bake(['base', '--sandbox']);
  await project.write('layers/os/files/etc/motd', 'changed\n');
  const stale = await project.bake(['service', 'api', '--sandbox']);
  expect(stale.code).toBe(0);
  expect(stale.stderr).toMatch(/warning: base .* is used as the parent although base has changed since/);
  expect(stale.stderr).toContain('--with-parents');
  const fresh = await project.bake(['service', 'api', '--with-parents', '--sandbox']);
  expect(fresh.stdout).toMatch(/^base\/x86_64 .*\.2 .* baked\napi\/x86_64 .*\.2 .* baked\n$/);
  expect(fresh.stderr).not.toContain('warning');
});

it('bakes the parent first where there is none at all', async () => {
  await using project = await sandbox.project();
  const { code, stdout } = await project.bake(['service', 'api'], { BAKE_SANDBOX: '1' });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^base\/x86_64 .* baked\napi\/x86_64 .* baked\n$/);
});

it('says what there is when asked for what is not there', async () => {
  await using project = await sandbox.project();
  await project.bake(['base', '--version', '1.4.2', '--sandbox']);
  const version = await project.bake(['show', 'base@1.4.1', '--sandbox']);
  expect(version).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('→ Versions are 1.4.2.') });
  const image = await project.bake(['list', 'bsae', '--sandbox']);
  expect(image).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('→ Did you mean base?') });
  const shown = await project.bake(['show', 'bsae@1.4.2', '--sandbox', '--json']);
  expect(JSON.parse(shown.stdout).error).toMatchObject({ code: 'usage', hint: 'Did you mean base?' });
  const unbaked = await project.bake(['show', 'api', '--sandbox']);
  expect(unbaked).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('bake plan') });
});

it('forgets everything with sandbox reset', async () => {
  await using project = await sandbox.project();
  await project.bake(['base', '--sandbox']);
  expect(await project.bake(['sandbox', 'reset'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
  expect(await project.bake(['sandbox', 'reset', '--yes'])).toMatchObject({ code: 0 });
  const { stdout } = await project.bake(['plan', 'base', '--sandbox']);
  expect(stdout).toContain('+ base/x86_64  bake: never baked');
});
