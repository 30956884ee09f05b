import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());

it('says that an API alone has no machine to try', async () => {
  await using project = await sandbox.project();
  const { code, stdout } = await project.bake(['try', 'api', '--sandbox', '--json']);
  expect(code).toBe(2);
  expect(resultOf(stdout).error).toMatchObject({
    code: 'usage',
    message: expect.stringContaining('no machine to try'),
  });
});

test.each([
  [['try', 'aip'], /there is no image "aip" in the configuration/],
  [['try', 'api', '--clones', 'two'], /--clones "two" is not a number/],
  [['try', 'api', '--arch', 'arm64'], /api is not made for arm64/],
  [['try', 'api', '--user-data', 'nowhere'], /no such file/],
])('refuses %j', async (args, message) => {
  await using project = await sandbox.project();
  const { code, stderr } = await project.bake([...args, '--sandbox']);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(message);
});
