import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { Project, twoImages } from '../../helpers/project.ts';

const FILES = { github: '.github/workflows/bake.yml', gitlab: '.gitlab/bake.yml', codebuild: 'buildspec.bake.yml' };

it.each(Object.entries(FILES))(
  'writes %s where it is looked for, and sees when it fits no more',
  async (system, file) => {
    await using project = await Project.create();
    const missing = await project.bake(['ci', system, '--check']);
    expect(missing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`${file} is not there`) });
    expect(missing.stderr).toContain(`bake ci ${system}`);

    expect(await project.bake(['ci', system])).toMatchObject({ code: 0, stdout: `${file}: 2 jobs, written\n` });
    const fits = { code: 0, stdout: `${file}: 2 jobs, as the configuration says\n`, stderr: '' };
    expect(await project.bake(['ci', system, '--check'])).toEqual(fits);
    expect(await project.bake(['ci', system])).toEqual(fits);

    // A new image, and one with another parent: the graph is another.
    await project.configure({ images: { ...twoImages.images, worker: { parent: 'api' } } });
    const before = await project.read(file);
    const drift = await project.bake(['ci', system, '--check']);
    expect(drift).toMatchObject({ code: 1, stdout: '' });
    expect(drift.stderr).toContain(`${file} is not what the configuration says`);
    expect(drift.stderr).toMatch(/^ *\+ \d+: .*worker/m);
    expect(await project.read(file)).toBe(before);
    const json = JSON.parse((await project.bake(['ci', system, '--check', '--json'])).stdout);
    expect(json).toMatchObject({ version: 1, error: { code: 'ci-file-outdated', blame: 'user' } });

    expect(await project.bake(['ci', system])).toMatchObject({ code: 0, stdout: `${file}: 3 jobs, written\n` });
    expect(await project.bake(['ci', system, '--check'])).toMatchObject({ code: 0 });
    expect((await readdir(project.dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  },
);

it('tells its jobs as JSON', async () => {
  await using project = await Project.create();
  const { stdout, code } = await project.bake(['ci', 'github', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    version: 1,
    system: 'github',
    file: join(project.dir, FILES.github),
    written: true,
    jobs: [
      { name: 'base/x86_64', image: 'base', architectures: ['x86_64'], needs: [], minutes: 110 },
      { name: 'api/x86_64', image: 'api', architectures: ['x86_64'], needs: ['base/x86_64'], minutes: 110 },
    ],
  });
});

it('leaves a file of somebody else alone', async () => {
  await using project = await Project.create();
  await project.write(FILES.github, 'name: bake\n');
  const refused = await project.bake(['ci', 'github']);
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--out') });
  expect(await project.read(FILES.github)).toBe('name: bake\n');
  expect(await project.bake(['ci', 'github', '--out', 'ci/nightly.yml'])).toMatchObject({ code: 0 });
  const nightly = await project.read('ci/nightly.yml');
  expect(nightly).toContain('made by `bake ci github`');
  expect(nightly).toContain('npx bake ci github --out ci/nightly.yml --check');
  await project.write('ci/nightly.yml', nightly.replace('bake acme', 'bake others'));
  const drift = await project.bake(['ci', 'github', '--out', 'ci/nightly.yml', '--check']);
  expect(drift).toMatchObject({ code: 1, stderr: expect.stringContaining('→ Make it again and commit it: bake ci') });
  expect(drift.stderr).toMatch(/- 7: name: bake others\n *\+ 7: name: bake acme$/m);
});

it('writes to the top of the checkout what runs in the folder of the configuration', async () => {
  await using project = await Project.create();
  await execa('git', ['init', '--quiet'], { cwd: project.root });
  await mkdir(join(project.root, '.gitlab'));
  expect(await project.bake(['ci', 'gitlab'])).toMatchObject({
    code: 0,
    stdout: '../.gitlab/bake.yml: 2 jobs, written\n',
  });
  const file = parse(await project.read('../.gitlab/bake.yml'));
  expect(file['.bake']).toMatchObject({
    before_script: ["cd 'project'", 'npm ci'],
    artifacts: { paths: ['project/bake-reports/'] },
  });
});

it('knows three systems', async () => {
  await using project = await Project.create();
  const { code, stderr } = await project.bake(['ci', 'jenkins']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/"jenkins" is no CI system that bake knows\n.*github, gitlab, codebuild/);
});
