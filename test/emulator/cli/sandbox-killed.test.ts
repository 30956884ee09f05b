import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { packerBehind } from '../../helpers/cli-packers.ts';
import { proxy } from '../../helpers/cli-proxy.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());

it('explains an emulator that is killed in the middle of a bake, and goes on with the next one', async () => {
  await using project = await sandbox.project();
  const slow = (body: string) => body.replaceAll('<imageState>available<', '<imageState>pending<');
  await using endless = await proxy({ to: sandbox.endpoint, change: (_, body) => slow(body) });
  await packerBehind(project, endless.url);
  const bake = project.start(['base', '--sandbox', '--json']);
  await bake.says('Waiting for AMI to become ready');
  process.kill(sandbox.status.pid, 'SIGKILL');
  const { code, stdout, stderr } = await bake.ended;
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  const error = resultOf(stdout).outcomes['base/x86_64']?.error;
  expect(error).toMatchObject({ code: 'sandbox-gone', hint: expect.stringContaining('Run the same command again') });
  expect(error?.details?.join()).toMatch(/not everything of run .* could be removed/);

  await project.removeProgram('packer');
  await sandbox.start();
  expect(sandbox.status.machines).toBe('none');
  const again = await project.bake(['service', 'api', '--with-parents', '--sandbox', '--json']);
  expect(again.code).toBe(0);
  expect(resultOf(again.stdout).outcomes).toMatchObject({
    // The killed bake still holds the first version.
    'base/x86_64': { status: 'done', version: expect.stringMatching(/\.2$/) },
    'api/x86_64': { status: 'done', version: expect.stringMatching(/\.1$/) },
  });
});
