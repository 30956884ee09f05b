import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../helpers/cli.ts';
import { isExhaustive } from '../helpers/sampled.ts';

const root = resolve(import.meta.dirname, '../..');

/** What is installed where somebody types `npm install --global ami-bake`. */
const SHIPPED =
  /^(?:dist\/(?:(?:chunks\/)?[\w.-]+\.js|(?:config|model)\/[\w-]+\.d\.ts|index\.d\.ts|third-party-licenses\.txt|config\.schema\.json)|templates\/[\w/.-]+|src\/sandbox\/[\w-]+\.(?:py|sh)|src\/sandbox\/requirements\.txt|LICENSE|README\.md|CHANGELOG\.md|package\.json)$/;

/** `npm test` installs nothing that it does not need: other versions of Node are for the group `faults`. */
const OTHERS = isExhaustive ? ['20', '22', '24'].filter((one) => !process.version.startsWith(`v${one}.`)) : [];

const QUIET = ['--prefer-offline', '--no-audit', '--no-fund'];

let scratch: string;
let files: readonly string[];
let tarball: string;

function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): string {
  const env = { ...process.env, ...options.env };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: scratch, ...options, env });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'bake-package-'));
  // Built before the tests: packing would build again, beside tests that use what is built.
  const pack = ['pack', root, '--json', '--ignore-scripts', '--pack-destination', scratch];
  const [packed] = JSON.parse(run('npm', pack)) as [{ filename: string; files: { path: string }[] }];
  files = packed.files.map(({ path }) => path);
  tarball = join(scratch, packed.filename);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('has what it needs, and nothing else', () => {
  expect(files.filter((file) => !SHIPPED.test(file))).toEqual([]);
  const needed = [
    'dist/cli.js',
    'dist/config.schema.json',
    'templates/packer/image.pkr.hcl.hbs',
    'src/sandbox/server.py',
    'LICENSE',
  ];
  expect(files).toEqual(expect.arrayContaining(needed));
});

it.each(['this', ...OTHERS])(
  'installed globally with Node %s, begins a project in an empty folder and bakes it',
  (version) => {
    const node = version === 'this' ? process.execPath : installNode(version);
    // As for who has this Node alone: npm and what it installs find theirs on the path.
    const PATH = `${dirname(node)}:${process.env.PATH}`;
    const prefix = join(scratch, `global-${version}`);
    run('npm', ['install', '--global', '--prefix', prefix, ...QUIET, tarball], { env: { PATH } });
    const project = mkdtempSync(join(scratch, 'project-'));
    const env = { PATH, XDG_DATA_HOME: join(scratch, `data-${version}`) };
    const bake = (...args: string[]) => run(join(prefix, 'bin', 'bake'), args, { cwd: project, env });
    bake('init', '--yes', '--name', 'acme');
    expect(readFileSync(join(project, 'bake.config.ts'), 'utf8')).toContain("from 'ami-bake'");
    try {
      bake('sandbox', 'up', '--no-machines');
      expect(resultOf(bake('base', '--sandbox', '--json')).outcomes['base/x86_64']).toMatchObject({ status: 'done' });
      expect(JSON.parse(bake('list', '--sandbox', '--json')).images).toHaveLength(1);
    } finally {
      bake('sandbox', 'down');
    }
  },
);

/** npm's package of Node's own programs. */
function installNode(version: string): string {
  const folder = join(scratch, `node-${version}`);
  run('npm', ['install', '--prefix', folder, ...QUIET, `node@${version}`]);
  const node = join(folder, 'node_modules', 'node', 'bin', 'node');
  expect(run(node, ['--version'])).toContain(`v${version}.`);
  return node;
}
