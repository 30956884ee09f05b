import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { meantKey } from '../../src/contract/user-data/keys.ts';
import { resultOf } from '../helpers/cli.ts';
import { CloudInit } from '../helpers/cloud-init.ts';
import { Project, type ProjectSpec } from '../helpers/project.ts';

const REGION_CONFIG = {
  bucket: 'acme-{account}-{region}',
  values: { database: { host: 'db' } },
  service: 'api.service',
  refresh: '5m',
};
/** Whatever may be spoilt on the way: other alphabets, blanks at an end, long lines, signs of the encoding, no last newline. */
const OS_SCRIPT = `#!/bin/sh\necho grüße 🚀 = =3D =\t \n\t${'é= '.repeat(60)}\n.\n--bake-\nFrom x`;
const SPEC: ProjectSpec = {
  settings: { channels: { prod: { targets: [{ regions: ['us-east-1'] }] } } },
  images: {
    base: { source: 'debian:12', layers: ['os'] },
    api: { parent: 'base', layers: ['app'], regionConfig: REGION_CONFIG },
    web: { parent: 'base', layers: ['empty'] },
    bare: { source: 'debian:12', layers: ['empty'] },
  },
  layers: {
    empty: { 'files/etc/motd': 'welcome\n' },
    os: {
      'files/etc/issue': 'welcome\n',
      'user-data/10-packages.yaml':
        '#cloud-config\nruncmd: [[os]]\nwrite_files:\n- path: /etc/os\n  content: |\n    grüße: {{ }}\n    --x\n',
      'user-data/20-early.boothook': '#cloud-boothook\n#!/bin/sh\necho early\n',
      'user-data/30-os.sh': OS_SCRIPT,
    },
    app: {
      'files/etc/app.conf': 'port = 80\n',
      'user-data/10-app.yaml':
        '#cloud-config\nruncmd: [[app]]\nssh_pwauth: off\napt: {conf: x}\nwrite_files: [{path: /etc/app, content: "1"}]\n',
      'user-data/20-app.sh': '#!/usr/bin/env python3\nprint("app")\n',
    },
  },
};

let project: Project;
let cloudInit: CloudInit;
beforeAll(async () => {
  cloudInit = await CloudInit.unpacked();
  project = await Project.create(SPEC);
});
afterAll(() => project[Symbol.asyncDispose]());

async function written(...args: readonly string[]): Promise<Buffer> {
  const result = await project.bake(['user-data', ...args, '--out', 'user-data.bin']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return readFile(join(project.dir, 'user-data.bin'));
}

const pathsOf = (config: Readonly<Record<string, unknown>>) =>
  (config.write_files as { path: string }[]).map(({ path }) => path);

test('cloud-init takes every part, and drops no key and no item of a list', async () => {
  const { parts, config, scripts, boothooks, warnings, schemaErrors } = await cloudInit.process(
    await written('api', '--channel', 'prod'),
  );
  expect({ warnings, schemaErrors }).toEqual({ warnings: [], schemaErrors: null });
  expect(parts).toEqual([
    ['text/cloud-config', '000-region-config.yaml'],
    ['text/cloud-config', '010-os-10-packages.yaml'],
    ['text/cloud-boothook', '011-os-20-early.boothook'],
    ['text/x-shellscript', '012-os-30-os.sh'],
    ['text/cloud-config', '013-app-10-app.yaml'],
    ['text/x-shellscript', '014-app-20-app.sh'],
  ]);
  expect(config).toMatchObject({
    runcmd: [['os'], ['app']],
    ssh_pwauth: false,
    apt: { conf: 'x' },
    write_files: [
      { path: '/etc/bake/region-config.json', permissions: '0644', content: '{"version":1,"channel":"prod"}\n' },
      { path: '/etc/os', content: 'grüße: {{ }}\n--x\n' },
      { path: '/etc/app', content: '1' },
    ],
  });
  // They run in this order.
  expect(scripts).toEqual({
    '012-os-30-os.sh': OS_SCRIPT,
    '014-app-20-app.sh': '#!/usr/bin/env python3\nprint("app")\n',
  });
  expect(Object.values(boothooks)).toEqual([expect.stringContaining('echo early')]);
});

test('the loader for other images is compressed, and arrives as it is', async () => {
  const bytes = await written('api', '--standalone');
  expect([...bytes.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
  const { config, warnings, schemaErrors } = await cloudInit.process(bytes);
  expect({ warnings, schemaErrors }).toEqual({ warnings: [], schemaErrors: null });
  expect(pathsOf(config)).toEqual([
    '/etc/bake/region-config.json',
    '/usr/lib/bake/region-config',
    '/usr/lib/bake/region-config.json',
    '/usr/lib/systemd/system/bake-region-config.service',
    '/usr/lib/systemd/system/bake-region-config-refresh.service',
    '/usr/lib/systemd/system/bake-region-config-refresh.timer',
    '/etc/systemd/system/api.service.d/50-bake-region-config.conf',
    '/etc/os',
    '/etc/app',
  ]);
  const loader = await readFile(join(import.meta.dirname, '../../templates/region-config/loader.py'), 'utf8');
  expect(config.write_files).toContainEqual({
    path: '/usr/lib/bake/region-config',
    owner: 'root:root',
    permissions: '0755',
    content: loader,
  });
  const links = (config.runcmd as string[][]).filter(([command]) => command === 'ln').map((words) => words.at(-1));
  expect(links).toEqual([
    '/usr/bin/bake-region-config',
    '/etc/systemd/system/multi-user.target.wants/bake-region-config.service',
    '/etc/systemd/system/timers.target.wants/bake-region-config-refresh.timer',
  ]);
  expect((config.runcmd as string[][]).slice(-6)).toEqual([
    ['systemctl', 'daemon-reload'],
    ['systemctl', 'start', 'bake-region-config.service'],
    ['systemctl', 'start', '--no-block', 'bake-region-config-refresh.timer'],
    ['systemctl', 'restart', '--no-block', 'api.service'],
    ['os'],
    ['app'],
  ]);
});

it('is printed as it is, or as JSON with its parts', async () => {
  const bytes = await written('web');
  expect((await project.bake(['user-data', 'web'])).stdout).toBe(bytes.toString());
  const document = JSON.parse((await project.bake(['user-data', 'web', '--json'])).stdout);
  expect(document).toMatchObject({ version: 1, image: 'web', channel: null, bytes: bytes.length, compressed: false });
  expect(Buffer.from(document.userData, 'base64').equals(bytes)).toBe(true);
  expect(document.parts[0]).toEqual({
    origin: 'layers/os/user-data/10-packages.yaml',
    name: '010-os-10-packages.yaml',
    type: 'text/cloud-config',
    bytes: expect.any(Number),
  });
});

describe('refuses', () => {
  it.each([
    ['a channel that is not there', ['api', '--channel', 'pord'], 2, /Did you mean prod\?/],
    ['a channel without region config', ['web', '--channel', 'prod'], 2, /web has no region config/],
    ['a loader with nothing to load', ['web', '--standalone'], 2, /nothing to load/],
    ['an image without anything to say', ['bare'], 1, /nothing to say to instances of bare/],
    ['a folder that is not there', ['api', '--out', 'no/such/file'], 1, /no such file or folder/],
  ])('%s', async (_, args, code, says) => {
    const result = await project.bake(['user-data', ...args]);
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(says) });
  });

  it('a channel left out where each has a place of its own', async () => {
    const regionConfig = { ...REGION_CONFIG, prefix: '{channel}/api' };
    await using other = await Project.create({
      ...SPEC,
      images: { ...SPEC.images, api: { parent: 'base', layers: ['app'], regionConfig } },
    });
    const { code, stderr } = await other.bake(['user-data', 'api']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/--channel <name>: prod/) });
    expect((await other.bake(['user-data', 'api', '--channel', 'prod'])).code).toBe(0);
  });

  it.each([
    ['no header', '10.yaml', 'runcmd: [a]\n', /user-data\/10\.yaml:1 user-data-header/],
    ['no YAML', '10.yaml', '#cloud-config\na: [\n', /10\.yaml:\d user-data-yaml/],
    [
      'a key that cloud-init does not know',
      '10.yaml',
      '#cloud-config\nrun_cmd: [a]\n',
      /10\.yaml:2 user-data-key.*runcmd/,
    ],
    ['its own way to merge', '10.yml', '#cloud-config\na: 1\nmerge_how: x\n', /10\.yml:3 user-data-merge/],
    ['one region', '10.sh', '#!/bin/sh\ncurl db.abc.us-east-1.rds.amazonaws.com\n', /10\.sh:2 region-endpoint/],
    ['what harms clones', '10.yml', '#cloud-config\nssh_deletekeys: false\n', /10\.yml:2 shared-host-keys/],
    ['a secret', '10.sh', '#!/bin/sh\ncurl https://a:hunter2hunter@b.example\n', /layers\/os\/user-data\/10\.sh:2/],
    ['what contradicts another part', '90.yaml', '#cloud-config\napt: {conf: y}\n', /apt\.conf is "x"/],
    [
      'what is too large',
      '10.sh',
      `#!/bin/sh\n${Array.from({ length: 9000 }, (_, n) => (n * n * 7919).toString(36)).join(' ')}\n`,
      /\d+ compressed/,
    ],
  ])('a part with %s, and leaves the file as it was', async (_, name, text, says) => {
    const layers = { ...SPEC.layers, os: { [`user-data/${name}`]: text } };
    await using other = await Project.create({ ...SPEC, layers });
    await other.write('out.bin', 'before');
    const { code, stdout, stderr } = await other.bake(['user-data', 'api', '--out', 'out.bin']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('hunter2');
    expect(await other.read('out.bin')).toBe('before');
    expect((await readdir(other.dir)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });

  it('what cloud-init schema refuses, where this machine has cloud-init', async () => {
    const layers = { ...SPEC.layers, os: { 'user-data/10.yaml': '#cloud-config\nruncmd: 5\n' } };
    await using other = await Project.create({ ...SPEC, layers });
    await other.program('cloud-init', cloudInit.command);
    const { code, stderr } = await other.bake(['user-data', 'base']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/layers\/os\/user-data\/10\.yaml: runcmd: 5 is not of type 'array'/);
    await other.write('layers/os/user-data/10.yaml', '#cloud-config\nruncmd: [a]\n');
    expect((await other.bake(['user-data', 'base'])).code).toBe(0);
  });
});

describe('bake try', () => {
  it('launches nothing with user-data that is refused', async () => {
    const layers = { ...SPEC.layers, os: { 'user-data/10.yaml': 'runcmd: [a]\n' } };
    await using other = await Project.create({ ...SPEC, layers });
    const { code, stdout, stderr } = await other.bake(['try', 'api', '--json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(resultOf(stdout)).toMatchObject({ error: { code: 'user-data-invalid' } });
  });

  it('takes a channel or a file, not both', async () => {
    await project.write('own.yaml', '#cloud-config\n');
    const { code, stderr } = await project.bake(['try', 'api', '--channel', 'prod', '--user-data', 'own.yaml']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/--channel says nothing/) });
  });
});

test('every key of cloud-init’s schema is known', async () => {
  const file = 'usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json';
  const { $defs } = JSON.parse(await readFile(join(cloudInit.tree, file), 'utf8')) as {
    $defs: Record<string, { properties?: object }>;
  };
  const modules = Object.entries($defs).filter(([name]) => name.startsWith('cc_'));
  const keys = modules.flatMap(([, { properties = {} }]) => Object.keys(properties));
  expect(keys.length).toBeGreaterThan(80);
  // A key that is not in the list is seen by a spelling of it that only the list can correct.
  expect(keys.filter((key) => meantKey(key) !== undefined || meantKey(`_${key.toUpperCase()}`) === undefined)).toEqual(
    [],
  );
});
