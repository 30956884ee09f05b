import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Project } from '../../helpers/project.ts';

const ACCOUNT = ['--account', '111122223333'];

it.each([
  [['--for', 'biuld'], 'Did you mean build?'],
  [['--for', 'build', '--account', '1234'], 'twelve digits'],
  [['--for', 'build', 'appi'], 'Did you mean api?'],
  [['--for', 'ci', '--github', 'acme/images'], '--account 111122223333'],
  [['--for', 'build', '--github', 'acme/images', ...ACCOUNT], '--for ci'],
  [['--for', 'ci', '--github', 'acme/*', ...ACCOUNT], 'owner/name'],
  [['--for', 'ci', '--github', 'acme/images', '--branch', '*', ...ACCOUNT], 'is not a branch'],
  [['--for', 'ci', '--github', 'a/b', '--gitlab', 'a/b', ...ACCOUNT], 'Name one of them'],
  [['--for', 'instance'], 'no image has an instance profile'],
])('refuses %j, and says what to write', async (args, words) => {
  await using project = await Project.create();
  const { code, stdout, stderr } = await project.bake(['iam-policy', ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
});

it('prints what a role may do, or writes it into files for the AWS CLI', async () => {
  await using project = await Project.create();
  const text = await project.bake(['iam-policy', '--for', 'build']);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toMatch(
    /^role bake-build, in the account that bakes\nwhat it may do \(\d+ characters of the 6144 /,
  );
  const written = ['iam-policy', '--for', 'ci', '--gitlab', 'acme/os/images', ...ACCOUNT, '--out', 'iam'];
  const { code, stdout } = await project.bake(written);
  const files = ['bake-ci.111122223333.policy.json', 'bake-ci.111122223333.trust.json'];
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${files.join('\n')}\n` });
  expect(await readdir(join(project.dir, 'iam'))).toEqual(files);
  expect(JSON.parse(await project.read(`iam/${files[1]}`)).Statement[0].Action).toBe('sts:AssumeRoleWithWebIdentity');
});
