import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { fakePacker } from '../../helpers/cli-packers.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { Project } from '../../helpers/project.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const token = 'FwoGZXIvYXdzEJr//////////wEaDEXAMPLETOKEN==';
const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token };

const sandboxKey = 'AKIASANDBOXSANDBOX00';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

/** As they are, and as they look in URLs and in base64. */
const forms = [secret, token].flatMap((text) => [text, encodeURIComponent(text), Buffer.from(text).toString('base64')]);

async function expectNoSecrets(project: Project, ...outputs: readonly string[]): Promise<void> {
  for (const output of outputs) for (const form of forms) expect(output).not.toContain(form);
  const files = (await readdir(project.dir, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  for (const { parentPath, name } of files) {
    const content = await readFile(join(parentPath, name), 'latin1');
    for (const form of forms) expect(content.includes(form), name).toBe(false);
    expect(content, name).not.toMatch(/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/);
  }
}

/** Says all that it was given, and looks at what lies around. */
const chatty = [
  'echo "key $AWS_SECRET_ACCESS_KEY token $AWS_SESSION_TOKEN" | tee /dev/stderr',
  'echo "0,,ui,error,$AWS_SECRET_ACCESS_KEY was refused"',
  'printf %s "$AWS_SECRET_ACCESS_KEY" | base64 -w0; echo',
  'stat -c "mode %a %n" builder.key',
  'exit 1',
].join('\n');

it.each(['base --json', 'base'])('lets no secret out of a failed %s', async (args) => {
  await using project = await sandbox.project();
  await fakePacker(project, chatty);
  const github = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(project.dir, 'summary.md') };
  const env = { ...keys, ...github, AWS_ENDPOINT_URL: sandbox.endpoint };
  const reports = ['--report', 'run.json', '--junit', 'junit.xml'];
  const { code, stdout, stderr } = await project.bake([...args.split(' '), ...reports], env);
  expect(code).toBe(1);
  expect(stdout + stderr).toContain('key *** token ***');
  expect(stdout + stderr).toContain('mode 600 builder.key');
  for (const file of ['run.json', 'junit.xml', 'summary.md'])
    expect(await project.read(file)).toContain('key *** token');
  await expectNoSecrets(project, stdout, stderr);
  expect(await sandbox.leftovers()).toEqual([]);
});

it('lets no secret out of a bake that works', async () => {
  await using project = await sandbox.project();
  const { code, stdout, stderr } = await project.bake(['base', '--sandbox', '--json'], keys);
  expect(code).toBe(0);
  await expectNoSecrets(project, stdout, stderr);
});

it('gives the sandbox credentials of its own to Packer', async () => {
  await using project = await sandbox.project();
  await fakePacker(project, `env | grep ^AWS_; [ "$AWS_ACCESS_KEY_ID" = '${sandboxKey}' ] && echo sandbox key; exit 1`);
  const { stdout } = await project.bake(['base', '--sandbox', '--json'], { ...keys, AWS_PROFILE: 'prod' });
  expect(stdout).toContain('"line":"sandbox key"');
  expect(stdout).not.toContain(keys.AWS_ACCESS_KEY_ID);
  expect(stdout).not.toContain('prod');
});
