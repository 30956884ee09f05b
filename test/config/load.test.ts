import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { exitCodeOf } from '../../src/model/errors.ts';
import { errorOf, type Project, projectWith } from './project.ts';

let cache: Project;
beforeAll(async () => {
  cache = await projectWith({});
  vi.stubEnv('XDG_CACHE_HOME', cache.root);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cache[Symbol.asyncDispose]();
});

const LAYER = { 'layers/base/files/etc/motd': 'hello\n' };
const JSON_CONFIG =
  '{"project":"acme","region":"eu-west-1","images":{"base":{"source":"debian:12","layers":["base"]}}}';
const YAML_CONFIG = 'project: acme\nregion: eu-west-1\nimages:\n  base: { source: "debian:12", layers: [base] }\n';
const MODULE_CONFIG = `export default ${JSON_CONFIG};\n`;
const TYPED_CONFIG = `
import { defineConfig } from 'ami-bake';
import { region } from './region.ts';
const layers: string[] = ['base'];
export default defineConfig({ project: 'acme', region, images: { base: { source: 'debian:12', layers } } });
`;

test.each([
  ['bake.config.ts', TYPED_CONFIG],
  ['bake.config.mts', TYPED_CONFIG],
  ['bake.config.mjs', `import { defineConfig } from 'ami-bake';\nexport default defineConfig(${JSON_CONFIG});`],
  ['bake.config.js', `module.exports = ${JSON_CONFIG};`],
  ['bake.config.json', JSON_CONFIG],
  ['bake.config.yaml', YAML_CONFIG],
  ['bake.config.yml', YAML_CONFIG],
])('reads %s from a folder below it', async (name, text) => {
  await using project = await projectWith({
    ...LAYER,
    [name]: text,
    'region.ts': "export const region: string = 'eu-west-1';",
    'deep/down/here': '',
  });
  const config = await loadConfig({ cwd: join(project.root, 'deep/down') });
  expect(config.file).toBe(join(project.root, name));
  expect(config.root).toBe(project.root);
  expect(config.layersDir).toBe(join(project.root, 'layers'));
  expect(config.project).toBe('acme');
  expect(config.region).toBe('eu-west-1');
  expect([...config.images.keys()]).toEqual(['base']);
  expect([...config.layers.keys()]).toEqual(['base']);
});

test('the nearest configuration counts, and an explicit one before it', async () => {
  await using project = await projectWith({
    ...LAYER,
    'bake.config.json': JSON_CONFIG,
    'other/bake.config.json': JSON_CONFIG.replace('acme', 'other'),
    'other/layers/base/files/etc/motd': 'other\n',
  });
  const cwd = join(project.root, 'other');
  expect((await loadConfig({ cwd })).project).toBe('other');
  expect((await loadConfig({ cwd, file: '../bake.config.json' })).project).toBe('acme');
});

test('takes the variables that secrets are read from out of the environment', async () => {
  const secrets =
    '{"a":{"env":"TOKEN"},"b":{"env":"AWS_SECRET_ACCESS_KEY"},"c":{"parameter":"/c"},"d":{"env":"UNSET"}}';
  const config = JSON_CONFIG.replace('["base"]', `["base"],"secrets":${secrets}`);
  await using project = await projectWith({ ...LAYER, 'bake.config.json': config });
  const env = { TOKEN: 'a-token-1234', AWS_SECRET_ACCESS_KEY: 'what AWS is called with', HOME: '/root' };
  await loadConfig({ cwd: project.root, env });
  expect(env).toEqual({ AWS_SECRET_ACCESS_KEY: 'what AWS is called with', HOME: '/root' });
});

test('a configuration is read anew each time', async () => {
  await using project = await projectWith({ ...LAYER, 'bake.config.ts': MODULE_CONFIG });
  await loadConfig({ cwd: project.root });
  await writeFile(join(project.root, 'bake.config.ts'), MODULE_CONFIG.replace('acme', 'changed'));
  expect((await loadConfig({ cwd: project.root })).project).toBe('changed');
});

describe('config-not-found', () => {
  test('nowhere', async () => {
    await using project = await projectWith({ here: '' });
    const error = await errorOf(loadConfig({ cwd: project.root }));
    expect(error.code).toBe('config-not-found');
    expect(error.message).toBe(
      `no configuration in ${project.root} or a folder above it; looked for bake.config.ts, .mts, .mjs, .js, .json, .yaml or .yml`,
    );
    expect(error.hint).toContain('--config');
    expect(exitCodeOf(error)).toBe(2);
  });

  test('not where --config says', async () => {
    await using project = await projectWith({ 'bake.config.json': JSON_CONFIG });
    const error = await errorOf(loadConfig({ cwd: project.root, file: 'bake.json' }));
    expect([error.code, error.message]).toEqual([
      'config-not-found',
      `the configuration ${project.root}/bake.json does not exist`,
    ]);
  });
});

describe('config-unreadable', () => {
  test('a package.json in the current folder that is none', async () => {
    await using project = await projectWith({ 'package.json': '{ broken', 'bake.config.json': JSON_CONFIG });
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(project.root);
    const error = await errorOf(loadConfig({ cwd: project.root }));
    cwd.mockRestore();
    expect([error.code, error.message]).toEqual([
      'config-unreadable',
      expect.stringContaining(`JSON Error in ${project.root}/package.json`),
    ]);
  });

  test.each([
    [
      'bake.config.ts',
      'const a: number = 1;\nexport default { a: [1,\n  b: 2 };\n',
      ':3:8: ParseError: Unexpected token',
    ],
    ['bake.config.ts', 'const x: string[] = [];\nexport default { a: x[0]!.length };\n', ':2: Cannot read properties'],
    ['bake.config.ts', "throw 'no credentials';", ': it throws no credentials'],
    ['bake.config.ts', "import './gone.ts';\nexport default {};\n", ": Cannot find module './gone.ts'"],
    ['bake.config.ts', "import './broken.ts';\nexport default {};\n", 'broken.ts:2:0'],
    ['bake.config.mjs', 'export const config = {};\n', ': it has no default export'],
    ['bake.config.mjs', "import { readFileSync } from 'node:fs';\nreadFileSync('/nowhere/x');\n", ':2: ENOENT'],
    ['bake.config.json', '{\n  "project": "acme",\n  oops\n}\n', ':3:3: Expected double-quoted property name'],
    ['bake.config.json', '{ "project": ', ': Unexpected end of JSON input'],
    ['bake.config.yaml', 'project: acme\nregion: [eu-west-1\n', ':3:1: Flow sequence'],
    ['bake.config.yaml', 'project: acme\nproject: other\n', ':2:1: Map keys must be unique'],
    ['bake.config.yaml', 'variables:\n  node: 20.10\n', ':2:9: 20.10 is the number 20.1; write one of them, in quotes'],
    ['bake.config.yaml', 'variables: { zip: 01234 }', ':1:19: 01234 is the number 1234; write'],
    ['bake.config.yaml', '- 12345678901234567890', ':1:3: 12345678901234567890 is the number 12345678901234567000'],
    ['bake.config.json', Buffer.from('{"project":"caf\xe9"}', 'latin1'), ': it is not UTF-8'],
    ['bake.config.yaml', Buffer.from('project: caf\xe9', 'latin1'), ': it is not UTF-8'],
    ['bake.config.ts', Buffer.from('export default { project: "caf\xe9" };', 'latin1'), ': it is not UTF-8'],
  ])('%s: %j', async (name, text, expected) => {
    await using project = await projectWith({ [name]: text, 'broken.ts': 'export const a = 1;\n)\n' });
    const error = await errorOf(loadConfig({ cwd: project.root }));
    expect(error.code).toBe('config-unreadable');
    expect(error.message).toContain(`cannot read ${project.root}/${name}`);
    expect(error.message).toContain(expected);
    expect(exitCodeOf(error)).toBe(2);
  });

  test('a folder, and a name that says nothing about the format', async () => {
    await using project = await projectWith({ 'folder.json/x': '', 'bake.toml': '' });
    const folder = await errorOf(loadConfig({ cwd: project.root, file: 'folder.json' }));
    expect([folder.code, folder.message]).toEqual(['config-unreadable', expect.stringContaining('EISDIR')]);
    const toml = await errorOf(loadConfig({ cwd: project.root, file: 'bake.toml' }));
    expect([toml.code, toml.message]).toEqual([
      'config-unreadable',
      `cannot read ${project.root}/bake.toml: its name ends in none of .ts, .mts, .mjs, .js, .json, .yaml, .yml`,
    ]);
  });
});

describe('config-invalid', () => {
  test('an empty file', async () => {
    await using project = await projectWith({ 'bake.config.yaml': '\n' });
    const error = await errorOf(loadConfig({ cwd: project.root }));
    expect([error.code, error.message, error.details]).toEqual([
      'config-invalid',
      'bake.config.yaml has 1 problem',
      ['is required'],
    ]);
  });

  test('a folder of templates that is not there', async () => {
    await using project = await projectWith({ ...LAYER, 'bake.config.yaml': `${YAML_CONFIG}templates: ./templtes\n` });
    const { details } = await errorOf(loadConfig({ cwd: project.root }));
    expect(details).toEqual(['templates: there is no folder "./templtes"']);
  });

  test('five mistakes, one of them in a layer, come at once', async () => {
    await using project = await projectWith({
      ...LAYER,
      'layers/api/scripts/10-api.sh': '#!/bin/sh\n',
      'layers/api/layer.yaml': 'scripts: [10-api.sh, 20-check.sh]\n',
      'bake.config.yaml': `
project: acme
regoin: eu-west-1
region: eu-west-1
build: { communicator: session-manger }
tags: { 'aws:team': platform }
images:
  base: { source: 'debian:12', layers: [base] }
  api: { parent: bsae, layers: [api] }
`,
    });
    const error = await errorOf(loadConfig({ cwd: project.root }));
    expect(exitCodeOf(error)).toBe(2);
    expect([error.message, ...error.details].join('\n')).toMatchInlineSnapshot(`
      "bake.config.yaml has 5 problems
      build.communicator: "session-manger" is not one of ssh, session-manager. Did you mean "session-manager"?
      regoin: unknown key; keys here are project, region, build, rootVolume, tags, version, layers, templates, variables, channels, state, images and 6 more. Did you mean "region"?
      images.api.parent: "bsae" is not an image; images are base, api. Did you mean "base"?
      tags["aws:team"]: keys that start with 'aws:' belong to AWS
      layers/api/layer.yaml: scripts[1]: "20-check.sh" is not in scripts/; there are 10-api.sh"
    `);
  });
});

test('the example of this repository', async () => {
  const config = await loadConfig({ cwd: import.meta.dirname });
  expect([...config.images.keys()]).toEqual(['base', 'api', 'worker']);
});
