import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
const OTHERS = isExhaustive ? ['22', '24'] : [];

let scratch: string;
let files: readonly string[];
let installed: string;

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
  const prefix = join(scratch, 'global');
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund'];
  run('npm', ['install', '--global', '--prefix', prefix, ...quiet, join(scratch, packed.filename)]);
  installed = join(prefix, 'bin', 'bake');
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

it.each(['this', ...OTHERS])('bakes in an empty folder with Node %s', (version) => {
  const node = version === 'this' ? process.execPath : installNode(version);
  const project = mkdtempSync(join(scratch, 'project-'));
  const write = (file: string, content: string) => {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), content);
  };
  write(
    'bake.config.ts',
    `import { defineConfig } from 'ami-bake';
const layers: readonly string[] = ['os'];
export default defineConfig({ project: 'acme', region: 'us-east-1', images: { base: { source: 'debian:12', layers } } });
`,
  );
  write('layers/os/files/etc/motd', 'welcome\n');
  const bake = (...args: string[]) =>
    run(node, [installed, ...args], {
      cwd: project,
      env: { XDG_DATA_HOME: join(project, 'data') },
    });
  try {
    bake('sandbox', 'up', '--no-machines');
    expect(resultOf(bake('base', '--sandbox', '--json')).outcomes['base/x86_64']).toMatchObject({ status: 'done' });
    expect(JSON.parse(bake('list', '--sandbox', '--json')).images).toHaveLength(1);
  } finally {
    bake('sandbox', 'down');
  }
});

/** npm's package of Node's own programs. */
function installNode(version: string): string {
  const folder = join(scratch, `node-${version}`);
  run('npm', ['install', '--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', `node@${version}`]);
  const node = join(folder, 'node_modules', 'node', 'bin', 'node');
  expect(run(node, ['--version'])).toContain(`v${version}.`);
  return node;
}
