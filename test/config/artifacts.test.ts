import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { configToJson } from '../../src/config/to-json.ts';
import { artifactSourceText } from '../../src/model/artifact.ts';
import { imageName } from '../helpers/builders.ts';
import { problemsOf, withApi } from './problems-of.ts';
import { errorOf, projectWith } from './project.ts';

const SHA256 = 'AB'.repeat(32);
const AT = 'images.api.artifacts.app';
const app = (settings: object) => withApi({ artifacts: { app: { destination: '/opt/app', ...settings } } });

test.each<[string, unknown, readonly string[]]>([
  ['a path', app({ path: './dist/app' }), []],
  ['a name of an account', app({ path: 'x', owner: 'www-data', group: '33', mode: '0750' }), []],
  ['an object', app({ s3: 's3://acme-builds/app/1.tgz?versionId=a.B_c' }), []],
  ['a URL with its checksum', app({ url: 'https://example.com/a?b=c', sha256: SHA256 }), []],
  [
    'a URL without one',
    app({ url: 'https://example.com/a' }),
    ['sha256: is required with a url, which may serve something else tomorrow'],
  ],
  ['no source', app({}), [': needs one of path, s3 and url, and not more than one']],
  ['two sources', app({ path: 'x', s3: 's3://acme/x' }), [': needs one of path, s3 and url, and not more than one']],
  [
    'a bucket alone',
    app({ s3: 's3://acme-builds' }),
    ['s3: "s3://acme-builds" is not an object such as s3://bucket/key?versionId=…'],
  ],
  [
    'http',
    app({ url: 'http://example.com/', sha256: SHA256 }),
    ['url: "http://example.com/" is not an https URL without a password in it'],
  ],
  [
    'a password',
    app({ url: 'https://me:x@example.com/', sha256: SHA256 }),
    ['url: "https://me:x@example.com/" is not an https URL without a password in it'],
  ],
  ['half a checksum', app({ path: 'x', sha256: 'abc' }), ['sha256: "abc" is not a checksum of 64 hexadecimal digits']],
  [
    'a mode that is a number',
    app({ path: 'x', mode: 755 }),
    ["mode: 755 is not a mode; write it in quotes, as in '0755'"],
  ],
  [
    'an unknown key',
    app({ path: 'x', dest: '/x' }),
    ['dest: unknown key; keys here are path, s3, url, sha256, destination, owner, group, mode'],
  ],
  [
    'a place that is not kept',
    app({ path: 'x', destination: '/run/app' }),
    ['destination: "/run/app" is in no image: what is there does not stay'],
  ],
])('%s', (_, config, problems) => {
  const full = problems.map((text) => (text.startsWith(':') ? `${AT}${text}` : `${AT}.${text}`));
  expect(problemsOf(config)).toEqual(full);
});

test.each([
  'opt/app',
  '/',
  '/opt/',
  '/opt//app',
  '/opt/../etc/passwd',
  '/opt/./x',
  '/opt/..',
  '/opt/a\nb',
  '/opt/a\tb',
])('the destination %j is refused', (destination) => {
  expect(problemsOf(app({ path: 'x', destination }))).toEqual([expect.stringContaining('is not the absolute path')]);
});

test('a destination is no longer than a path may be, in bytes', () => {
  const of = (destination: string) => problemsOf(app({ path: 'x', destination }));
  expect(of(`/opt/${'é'.repeat(127)}n`)).toEqual([]);
  expect(of(`/opt/${'é'.repeat(128)}`)).toEqual([expect.stringContaining('is longer than a path on the machine')]);
  expect(of(`/${'d/'.repeat(2047)}`.slice(0, -1))).toEqual([]);
  expect(of('/d'.repeat(2048))).toEqual([expect.stringContaining('255 bytes for each name, 4095 in all')]);
});

test.each([
  '/x',
  '/opt/a b',
  "/opt/it's",
  '/opt/$(x) `y` \\ "z"',
  '/opt/-x',
  '/opt/...',
  '/opt/..x',
  '/opt/ünï ☃ {{x}}',
])('the destination %j is taken as it is', (destination) =>
  expect(problemsOf(app({ path: 'x', destination }))).toEqual([]),
);

test('two artefacts of an image are in places of their own', () => {
  const of = (a: string, b: string) =>
    problemsOf(withApi({ artifacts: { a: { path: 'x', destination: a }, b: { path: 'x', destination: b } } }));
  expect(of('/opt/a', '/opt/ab')).toEqual([]);
  expect(of('/opt/a', '/opt/a')).toEqual(['images.api.artifacts.b.destination: "/opt/a" is that of a too']);
  expect(of('/opt/a/b', '/opt/a')).toEqual([
    'images.api.artifacts.b.destination: "/opt/a" of b and "/opt/a/b" of a cannot both be files',
  ]);
});

test('names are names, since they are said on the command line', () => {
  expect(problemsOf(withApi({ artifacts: { 'a.b': { path: 'x', destination: '/x' } } }))).toEqual([
    expect.stringContaining('"a.b" is not the name of an artefact'),
  ]);
});

const files = (artifacts: object) => ({
  'bake.config.json': JSON.stringify({
    project: 'acme',
    region: 'us-east-1',
    images: { base: { source: 'debian:12', layers: ['os'], artifacts }, api: { parent: 'base' } },
  }),
  'layers/os/files/etc/motd': 'hello\n',
});

test('they are resolved with defaults, by name, and are not inherited', async () => {
  await using project = await projectWith(
    files({
      web: { url: 'https://example.com/web?X-Signature=1', sha256: SHA256, destination: '/srv/web', mode: '0755' },
      app: { path: './dist/app', destination: '/opt/app', owner: 'app' },
      blob: { s3: 's3://acme-builds/a b?c/d?versionId=v1', destination: '/opt/blob' },
    }),
  );
  const config = await loadConfig({ cwd: project.root });
  const { artifacts = [] } = config.images.get(imageName('base')) ?? {};
  expect(artifacts).toEqual([
    {
      name: 'app',
      from: { file: `${project.root}/dist/app` },
      destination: '/opt/app',
      owner: 'app',
      group: 'root',
      mode: '0644',
    },
    expect.objectContaining({ name: 'blob', from: { s3: { bucket: 'acme-builds', key: 'a b?c/d', versionId: 'v1' } } }),
    expect.objectContaining({ name: 'web', sha256: SHA256.toLowerCase(), mode: '0755' }),
  ]);
  expect(artifacts.map(({ from }) => artifactSourceText(from))).toEqual([
    `${project.root}/dist/app`,
    's3://acme-builds/a b?c/d?versionId=v1',
    'https://example.com/web',
  ]);
  expect(config.images.get(imageName('api'))).not.toHaveProperty('artifacts');
  // Two checkouts differ in `file` and `root` only.
  expect(configToJson(config)).toMatchObject({
    images: { base: { artifacts: [{ from: { file: 'dist/app' } }, {}, {}] } },
  });
});

test.each([
  ['/etc/motd', '"/etc/motd" is a file of layers/os too, which would take its place'],
  ['/etc', '"/etc" and "/etc/motd" of layers/os cannot both be files'],
  ['/etc/motd/app', '"/etc/motd/app" and "/etc/motd" of layers/os cannot both be files'],
])('a layer of the same image cannot lay a file in the place of %s', async (destination, flaw) => {
  await using project = await projectWith(files({ app: { path: './dist/app', destination } }));
  expect((await errorOf(loadConfig({ cwd: project.root }))).details).toEqual([
    `images.base.artifacts.app.destination: ${flaw}`,
  ]);
});
