import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { Project, twoImages } from '../../helpers/project.ts';

// Nothing here comes as far as asking EC2, so there is no sandbox.
let project: Project;
beforeAll(async () => {
  project = await Project.create();
});
afterAll(() => project[Symbol.asyncDispose]());

it.each([
  ['an unknown image', ['service', 'apu'], /there is no image "apu"/, /Did you mean api\?/],
  ['an image of the other kind', ['base', 'api'], /api is a service image, not a base image/, /bake service api/],
  ['an unknown architecture', ['base', '--arch', 'arm'], /"arm" is not an architecture/, /x86_64, arm64/],
  ['an architecture that is not made', ['base', '--arch', 'arm64'], /base is not made for arm64/, /x86_64/],
  ['an unknown option', ['base', '--forse'], /unknown option '--forse'/, /Did you mean --force\?/],
  ['an unknown verb', ['lst'], /unknown command 'lst'/, /Did you mean list\?/],
  ['a missing argument', ['service'], /missing required argument 'images'/, /./],
  ['no version', ['service', 'api', '--version', 'one two'], /"one two" is not a version/, /A version is/],
  ['a configuration that is not there', ['plan', '--config', 'no.ts'], /no\.ts/, /→/],
])('refuses %s and says what to type', async (_, args, says, hint) => {
  const { code, stdout, stderr } = await project.bake(args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(hint);
  expect(stderr).not.toMatch(/^ +at /m);
});

it('takes the --version of a verb for the version of the image', async () => {
  const own = await project.bake(['--version']);
  const { stdout, stderr } = await project.bake(['service', 'nope', '--version', '1.4.2']);
  expect(own).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(stdout + stderr).not.toContain(own.stdout.trim());
});

it('ends NDJSON with a result even when the arguments are wrong', async () => {
  const { code, stdout, stderr } = await project.bake(['service', 'apu', '--json']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
  expect(resultOf(stdout)).toMatchObject({ ok: false, exitCode: 2, outcomes: {}, error: { code: 'usage' } });
});

it('reports all mistakes of a configuration at once', async () => {
  await using wrong = await Project.create({
    ...twoImages,
    settings: { region: 'useast', colour: 'blue' },
    images: {
      base: { source: 'debain:12', layers: ['os'] },
      api: { parent: 'bsae', layers: ['app'] },
      worker: { parent: 'base', layers: ['work'] },
    },
  });
  const { code, stderr } = await wrong.bake(['plan']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^Error: bake\.config\.json has 5 problems$/m);
  for (const mistake of ['useast', 'colour', 'debain:12', 'bsae', 'work']) expect(stderr).toContain(mistake);
  expect(stderr.match(/^Error:/gm)).toHaveLength(1);
  expect(resultOf((await wrong.bake(['base', '--json'])).stdout)).toMatchObject({
    exitCode: 2,
    error: { code: 'config-invalid', details: { length: 5 } },
  });
});
