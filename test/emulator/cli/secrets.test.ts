import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { fakePacker } from '../../helpers/cli-packers.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { Project } from '../../helpers/project.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const token = 'FwoGZXIvYXdzEJr//////////wEaDEXAMPLETOKEN==';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
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
  await expectNone(forms, project, ...outputs);
}

async function expectNone(forms: readonly string[], project: Project, ...outputs: readonly string[]): Promise<void> {
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

describe('what scripts are given', () => {
  const given = { token: 'tok&en <of> "the" registry/123', key: 'first-line-of-a-key\nsecond-line-of-a-key\n' };
  const spec = {
    images: {
      base: {
        source: 'debian:12',
        layers: ['os'],
        secrets: { token: { env: 'REGISTRY_TOKEN' }, key: { parameter: '/ci/key' } },
      },
    },
    layers: { os: { 'files/etc/motd': 'welcome\n' } },
  };
  const env = { ...keys, REGISTRY_TOKEN: given.token };
  const formsGiven = [...Object.values(given), ...given.key.split('\n').slice(0, 2)].flatMap((text) => [
    text,
    encodeURIComponent(text),
    Buffer.from(text).toString('base64'),
    JSON.stringify(text).slice(1, -1),
  ]);

  const keepKey = () =>
    new SSMClient({ region: 'us-east-1', endpoint: sandbox.endpoint, credentials }).send(
      new PutParameterCommand({ Name: '/ci/key', Type: 'SecureString', Value: given.key, Overwrite: true }),
    );

  /** Reads all that it is given, and says it. */
  const telling = [
    `file=$(sed -n 's/.*"secrets_file": "\\(.*\\)".*/\\1/p' run.pkrvars.json)`,
    'tar -xOf "$file" token; echo; tar -xOf "$file" key',
    'tar -xOf "$file" token | base64 -w0; echo',
    'echo "sizes $(tar -xOf "$file" token | wc -c) $(tar -xOf "$file" key | wc -c)"',
    'echo "mode $(stat -Lc %a "$file"), variable \'$REGISTRY_TOKEN\'"',
    // The processes of this bake, with what they were started with.
    'for id in $$ $PPID; do tr "\\0" " " </proc/$id/cmdline | grep -c registry/1; done | xargs echo processes',
    'exit 1',
  ].join('\n');

  it('goes to Packer in memory, and nowhere else', async () => {
    await keepKey();
    await using project = await sandbox.project(spec);
    await fakePacker(project, telling);
    const reports = ['--report', 'run.json', '--junit', 'junit.xml'];
    const ran = await project.bake(['base', '--json', ...reports], { ...env, AWS_ENDPOINT_URL: sandbox.endpoint });
    expect(ran.code).toBe(1);
    const said = eventsOf(ran.stdout).flatMap(({ type, line }) => (type === 'output' ? [line] : []));
    expect(said).toEqual([
      '***',
      '***',
      '***',
      '***',
      `sizes ${given.token.length} ${given.key.length}`,
      "mode 600, variable ''",
      'processes 0 0',
    ]);
    await expectNone(formsGiven, project, ran.stdout, ran.stderr);
    expect(await sandbox.leftovers()).toEqual([]);
  });

  it('is not told by what only reads', async () => {
    await using project = await sandbox.project(spec);
    for (const args of [
      ['config', '--json'],
      ['plan', '--sandbox'],
      ['render', 'base', '--sandbox', '--out', 'out'],
    ]) {
      const { code, stdout, stderr } = await project.bake(args, env);
      expect({ args, code, stderr: stderr.includes('secret') }).toEqual({ args, code: 0, stderr: false });
      await expectNone(formsGiven, project, stdout, stderr);
    }
  });

  it('is missed before anything is launched', async () => {
    await using project = await sandbox.project(spec);
    const { code, stdout } = await project.bake(['base', '--sandbox', '--json'], keys);
    expect({ code, error: resultOf(stdout).error }).toMatchObject({
      code: 1,
      error: {
        code: 'secret-unusable',
        details: [
          'base: token: the environment variable REGISTRY_TOKEN is not set',
          'base: key: the parameter /ci/key does not exist',
        ],
      },
    });
    expect(await sandbox.leftovers()).toEqual([]);
    expect(stdout).not.toContain('version-reserved');
  });

  it('counts by its name: neither another value nor another place bakes again', async () => {
    await keepKey();
    await using project = await sandbox.project(spec);
    const bake = async (more: object) => {
      const { stdout } = await project.bake(['base', '--sandbox', '--json'], { ...env, ...more });
      return resultOf(stdout).outcomes['base/x86_64']?.status;
    };
    expect(await bake({})).toBe('done');
    expect(await bake({ REGISTRY_TOKEN: 'another-token' })).toBe('reused');
    const moved = { token: { parameter: '/ci/key' }, key: { parameter: '/ci/key' } };
    await project.configure({ images: { base: { ...spec.images.base, secrets: moved } } });
    expect(await bake({})).toBe('reused');
    await project.configure({ images: { base: { ...spec.images.base, secrets: { ...moved, more: { env: 'X' } } } } });
    const { stdout } = await project.bake(['plan', '--sandbox'], env);
    expect(stdout).toContain('secret/more');
  });
});
