import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { ProjectSpec } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());

const file = { 'files/etc/motd': 'welcome\n' };
const spec: ProjectSpec = {
  images: {
    base: { source: 'debian:12', layers: ['os'] },
    api: { parent: 'base', layers: ['nginx', 'app'] },
    web: { parent: 'base', layers: ['nginx'] },
  },
  layers: { os: file, nginx: file, app: file },
};

it.each([
  ['what is neither image nor layer', ['aip'], /"aip" is neither an image nor a layer/, /Did you mean api\?/],
  ['a layer of several images', ['nginx'], /layer nginx is in api, web/, /bake shell api --layer nginx/],
  ['a layer of another image', ['web', '--layer', 'app'], /"app" is no layer of web/, /bake shell api --layer app/],
  ['no layer at all', ['web', '--layer', 'ngnix'], /"ngnix" is no layer of web/, /Its layers are nginx/],
  ['an architecture', ['api', '--arch', 'arm64'], /api is not made for arm64/, /x86_64/],
  ['a prompt without a terminal', ['app'], /there is no terminal for a prompt/, /--layer <layer> runs a layer/],
])('refuses %s', async (_, args, says, hint) => {
  await using project = await sandbox.project(spec);
  const { code, stdout, stderr } = await project.bake(['shell', ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(hint);
});

it('says that an API alone has no machine for it', async () => {
  await using project = await sandbox.project(spec);
  const { code, stdout } = await project.bake(['shell', 'api', '--layer', 'app', '--json']);
  expect({ code, error: resultOf(stdout).error }).toMatchObject({
    code: 2,
    error: { code: 'usage', hint: expect.stringContaining('bake sandbox up --machines') },
  });
  expect(await sandbox.leftovers()).toEqual([]);
});
