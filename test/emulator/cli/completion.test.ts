import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtCli } from '../../helpers/cli-build.ts';
import { Project, twoImages } from '../../helpers/project.ts';

let project: Project;
beforeAll(async () => {
  project = await Project.create({
    ...twoImages,
    images: {
      ...twoImages.images,
      api: { parent: 'base', variables: { port: 80 }, artifacts: { app: { path: 'api.tgz', destination: '/opt/' } } },
    },
    settings: { channels: { prod: { targets: [{ regions: ['us-east-1'] }] } } },
  });
  await project.program('bake', `#!/bin/sh\nexec '${process.execPath}' '${builtCli()}' "$@"\n`);
  await project.write('with space.yml', '');
});
afterAll(() => project[Symbol.asyncDispose]());

/** What bash has to offer after these words, as it splits a line into them. */
async function bash(...line: readonly string[]): Promise<readonly string[]> {
  const script = `
    set -u
    source <(bake completion bash)
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _bake bake
    printf '%s\\n' "\${COMPREPLY[@]-}"`;
  const { stdout, stderr } = await execa('bash', ['-c', script, 'bash', ...line], {
    cwd: project.dir,
    env: project.env,
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

it.each([
  [['bake', 'serv'], ['service']],
  [
    ['bake', 'service', ''],
    ['base', 'api'],
  ],
  [['bake', 'service', 'a'], ['api']],
  [['bake', 'sandbox', 's'], ['status']],
  [['bake', 'promote', 'api', '--to', ''], ['prod']],
  [['bake', 'try', 'api', '--channel', '=', 'pr'], ['prod']],
  [['bake', 'try', 'api', '--channel', '='], ['prod']],
  [['bake', 'base', '--keep'], ['--keep-on-error']],
  [['bake', 'plan', '--config', 'bake'], ['bake.config.json']],
  [['bake', 'plan', '--config', 'with'], ['with space.yml']],
  [['bake', 'service', 'api', '--var', 'p'], ['port=']],
  [['bake', 'service', 'api', '--artifact', ''], ['app=']],
  [['bake', 'service', 'api', '--artifact', 'app', '=', 'with'], ['with space.yml']],
  [['bake', 'service', 'api', '--artifact', '=', 'app', '=', 'with'], ['with space.yml']],
  [
    ['bake', 'service', '--artifact', 'app', '=', 'x.tgz', ''],
    ['base', 'api'],
  ],
  [['bake', 'nonsense'], []],
])('completes %j in bash', async (line, offered) => {
  expect(await bash(...line)).toEqual(offered);
});

it('takes names from the configuration that the line names, and from one that has mistakes', async () => {
  await project.write('other.json', JSON.stringify({ images: { other: { colour: 'blue' } } }));
  expect(await bash('bake', 'list', '--config', 'other.json', '')).toEqual(['other']);
});

it('offers nothing and says nothing where there is no configuration to read', async () => {
  await project.write('broken.json', '{');
  const { code, stdout, stderr } = await project.bake(['complete', '--', 'list', '--config', 'broken.json', '']);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
});

it.each(['bash', 'zsh', 'fish'])('prints a script for %s', async (shell) => {
  const { code, stdout } = await project.bake(['completion', shell]);
  expect(code).toBe(0);
  expect(stdout).toContain('complete --');
});

it('knows three shells', async () => {
  const { code, stderr } = await project.bake(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/'tcsh' is invalid.*bash, zsh, fish/);
});
