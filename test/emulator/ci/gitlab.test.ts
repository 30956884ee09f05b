import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { cacheHome } from '../../helpers/cli.ts';
import { builtCli } from '../../helpers/cli-build.ts';
import { fakePacker } from '../../helpers/cli-packers.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { type PipelineRun, runPipeline } from '../../helpers/gitlab-ci-local.ts';
import type { Project, ProjectSpec } from '../../helpers/project.ts';

const spec: ProjectSpec = {
  images: {
    base: { source: 'debian:12', layers: ['os'] },
    api: { parent: 'base', layers: ['app'] },
    leaf: { parent: 'api' },
    worker: { parent: 'base' },
  },
  layers: { os: { 'files/etc/motd': 'welcome\n' }, app: { 'files/etc/app.conf': 'port = 80\n' } },
  settings: {
    ci: {
      role: 'arn:aws:iam::111122223333:role/bake-ci',
      install: 'bake --version',
      command: 'bake',
      gitlab: { tags: ['aws'], audience: 'https://gitlab.example.com' },
    },
  },
};

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

async function checkout(): Promise<Project> {
  const project = await sandbox.project(spec);
  await project.program('bake', `#!/bin/sh\nexec '${process.execPath}' '${builtCli()}' "$@"\n`);
  await project.write('.gitignore', '.bake\nbake-reports\n');
  expect(await project.bake(['ci', 'gitlab'])).toMatchObject({ code: 0, stderr: '' });
  return project;
}

const run = (project: Project, ...options: readonly string[]) =>
  runPipeline(project, '.gitlab/bake.yml', { BAKE_SANDBOX: '1', XDG_CACHE_HOME: cacheHome }, ...options);

/** Images whose job said such a thing. */
const jobsThat = (said: string, { text }: PipelineRun) =>
  [...text.matchAll(new RegExp(`^(\\w+)/x86_64 +${said}`, 'gm'))].map(([, name]) => name).sort();

async function images(project: Project) {
  const { stdout } = await project.bake(['list', '--sandbox', '--json']);
  const listed: { image: string; imageId: string; parent: { imageId: string } | null }[] = JSON.parse(stdout).images;
  return new Map(listed.map((one) => [one.image, one]));
}

it('bakes the graph, parents first, and nothing when nothing has changed', async () => {
  await using project = await checkout();
  const first = await run(project);
  expect(first).toMatchObject({ code: 0 });
  const baked = await images(project);
  expect([...baked.keys()].sort()).toEqual(['api', 'base', 'leaf', 'worker']);
  const parent = (name: string) => baked.get(name)?.parent?.imageId;
  expect([parent('api'), parent('worker')]).toEqual([baked.get('base')?.imageId, baked.get('base')?.imageId]);
  expect(parent('leaf')).toBe(baked.get('api')?.imageId);
  expect((await readdir(join(project.dir, 'bake-reports'))).sort()).toEqual(
    ['api', 'base', 'leaf', 'worker'].flatMap((name) => [`${name}-x86_64.json`, `${name}-x86_64.xml`]),
  );

  const second = await run(project);
  expect(second).toMatchObject({ code: 0 });
  expect(jobsThat('> \\1/x86_64 +\\S+ +ami-\\S+ +reused$', second)).toEqual(['api', 'base', 'leaf', 'worker']);
  expect(await images(project)).toEqual(baked);
  expect(await sandbox.leftovers()).toEqual([]);
  // The files that jobs kept their tokens in.
  expect((await readdir('/tmp')).filter((name) => /^bake-\d+\.token$/.test(name))).toEqual([]);
}, 300_000);

it('is what the schema of GitLab says', async () => {
  await using project = await checkout();
  const listed = await run(project, '--list');
  expect(listed).toMatchObject({ code: 0, text: expect.stringContaining('json schema validated') });
  expect(listed.text).toMatch(/^leaf\/x86_64 .*\[api\/x86_64\]/m);
  await project.write('.gitlab/bake.yml', (await project.read('.gitlab/bake.yml')).replace('timeout:', 'time-out:'));
  expect(await run(project, '--list')).toMatchObject({ code: 1, text: expect.stringContaining('time-out') });
});

it('starts nothing on a base that has failed', async () => {
  await using project = await checkout();
  await fakePacker(project, 'exit 1');
  const failed = await run(project);
  expect(failed).toMatchObject({ code: 1 });
  expect(jobsThat('starting', failed)).toEqual(['base']);
  expect(await images(project)).toEqual(new Map());
});
