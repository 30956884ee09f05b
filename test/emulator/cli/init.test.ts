import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SOURCE_ALIASES } from '../../../src/model/source-aliases.ts';
import { type CliResult, RunningCli, resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { TerminalCli } from '../../helpers/terminal.ts';

let root: string;
let env: Record<string, string>;
/** Where `bake` is typed. */
let cwd: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bake-init-'));
  cwd = join(root, 'Web Shop (2)');
  await Promise.all([mkdir(cwd), mkdir(join(root, 'home'))]);
  env = { HOME: join(root, 'home'), XDG_DATA_HOME: join(root, 'data'), AWS_EC2_METADATA_DISABLED: 'true' };
});
afterEach(() => rm(root, { recursive: true, force: true }));

const bake = (args: readonly string[], more: Record<string, string> = {}): Promise<CliResult> =>
  new RunningCli(args, { cwd, env: { ...env, ...more } }).ended;

/** Path → content of everything in a folder. */
async function contentOf(dir: string): Promise<Record<string, string>> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)),
  );
}

it('writes a project without a terminal, named after its folder, that has nothing to warn of', async () => {
  const { code, stdout, stderr } = await bake(['init']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^wrote bake\.config\.ts$/m);
  expect(stdout).toMatch(/bake base --sandbox/);

  const checked = await bake(['check', '--strict', '--json']);
  expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, findings: [], accepted: [], shellcheck: 'ran' });
  expect(JSON.parse((await bake(['config', '--json'])).stdout)).toMatchObject({
    project: 'web-shop-2',
    region: 'us-east-1',
  });
  for (const file of ['layers/app/scripts/10-service.sh', 'layers/app/test/10-page', 'layers/base/test/10-settings']) {
    expect((await stat(join(cwd, file))).mode & 0o777).toBe(0o755);
  }
  expect(await bake(['ci', 'github'])).toMatchObject({ code: 0 });
  expect(await bake(['ci', 'github', '--check'])).toMatchObject({ code: 0 });
});

it.each([...SOURCE_ALIASES.keys()])('takes name, region and source %s, and makes the folder', async (source) => {
  const args = ['init', 'new/images', '--name', 'acme', '--region', 'eu-west-1', '--source', source, '--yes', '--json'];
  const { code, stdout } = await bake(args);
  expect(code).toBe(0);
  const dir = join(cwd, 'new/images');
  const written = JSON.parse(stdout);
  expect(written).toMatchObject({ version: 1, dir, project: 'acme', region: 'eu-west-1', source });
  expect(written.files.map((file: string) => join(dir, file)).sort()).toEqual(Object.keys(await contentOf(dir)).sort());

  expect(await bake(['check', '--strict', '--config', 'new/images/bake.config.ts'])).toMatchObject({ code: 0 });
});

it('suggests the region of the environment, where it is one', async () => {
  const regionOf = async (dir: string, region: string) =>
    JSON.parse((await bake(['init', dir, '--json'], { AWS_REGION: region })).stdout).region;
  expect(await regionOf('a', 'ap-southeast-2')).toBe('ap-southeast-2');
  expect(await regionOf('b', 'nowhere')).toBe('us-east-1');
});

describe('what is there stays', () => {
  it.each(['bake.config.json', 'layers/app/notes.txt'])('refuses beside %s and writes nothing', async (file) => {
    await mkdir(join(cwd, file, '..'), { recursive: true });
    await writeFile(join(cwd, file), 'mine');
    const { code, stdout, stderr } = await bake(['init']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/has what a new project would write: (?:bake\.config\.json|layers\/app)$/m);
    expect(stderr).toMatch(/bake init <dir>/);
    expect(await contentOf(cwd)).toEqual({ [join(cwd, file)]: 'mine' });
  });

  it('refuses a second time, naming all that there is', async () => {
    await bake(['init']);
    const before = await contentOf(cwd);
    const { code, stdout } = await bake(['init', '--name', 'other', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'project-exists',
      message: expect.stringContaining('bake.config.ts, layers/base, layers/app'),
    });
    expect(await contentOf(cwd)).toEqual(before);
  });

  it("leaves the user's .gitignore alone and says so", async () => {
    await writeFile(join(cwd, '.gitignore'), '*.log\n');
    const { code, stdout } = await bake(['init']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\.gitignore stays as it was/m);
    expect(await readFile(join(cwd, '.gitignore'), 'utf8')).toBe('*.log\n');
  });
});

it.each([
  ['a name', ['--name', 'Web Shop'], /"Web Shop" is not a project name/, /lower-case letters/],
  ['a region', ['--region', 'useast'], /"useast" is not a region such as eu-west-1/, /./],
  ['a source', ['--source', 'debain:12'], /"debain:12" is not a source alias/, /Did you mean debian:12\?/],
  ['a file for the folder', ['taken'], /taken is not a folder/, /Name a folder/],
])('refuses %s that cannot be, and writes nothing', async (_, args, says, hint) => {
  await writeFile(join(cwd, 'taken'), '');
  const { code, stdout, stderr } = await bake(['init', ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(hint);
  expect(await readdir(cwd)).toEqual(['taken']);
});

describe('at a terminal', () => {
  it('asks for what no option says, and again where the answer cannot be', async () => {
    const terminal = new TerminalCli(['init', '--region', 'eu-west-1'], cwd, env);
    await terminal.answer('Name of the project [web-shop-2]: ', 'Web\n');
    await terminal.answer('"Web" is not a project name', 'web\n');
    await terminal.answer('Source AMI of the base image [debian:12]: ', '\n');
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown).not.toMatch(/Region/);
    expect(JSON.parse((await bake(['config', '--json'])).stdout)).toMatchObject({
      project: 'web',
      region: 'eu-west-1',
    });
    expect(await readFile(join(cwd, 'bake.config.ts'), 'utf8')).toContain("source: 'debian:12'");
  });

  it('asks nothing with --yes', async () => {
    expect(await new TerminalCli(['init', '--yes'], cwd, env).ended).toBe(0);
  });

  it.each([
    ['Ctrl-C', '\u0003', 130],
    ['the end of the input', '\u0004', 3],
  ])('writes nothing after %s', async (_, key, code) => {
    const terminal = new TerminalCli(['init'], cwd, env);
    await terminal.answer('Name of the project', '\n');
    await terminal.answer('Region to bake in', key);
    expect(await terminal.ended).toBe(code);
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe('in a sandbox', () => {
  let sandbox: CliSandbox;
  beforeAll(async () => {
    sandbox = await CliSandbox.up('--no-machines');
  });
  afterAll(() => sandbox.down());

  it('bakes at once, and then has nothing left to bake', async () => {
    await using project = await sandbox.project();
    expect(await project.bake(['init', 'images', '--name', 'acme'])).toMatchObject({ code: 0 });
    const there = ['--config', 'images/bake.config.ts', '--sandbox', '--json'];
    for (const [verb, image] of [
      ['base', 'base'],
      ['service', 'app'],
    ] as const) {
      const { outcomes } = resultOf((await project.bake([verb, image, ...there])).stdout);
      expect(outcomes[`${image}/x86_64`]).toMatchObject({ status: 'done' });
    }
    const { steps } = JSON.parse((await project.bake(['plan', ...there])).stdout);
    expect(steps.map(({ action }: { action: string }) => action)).toEqual(['reuse', 'reuse']);
  });
});
