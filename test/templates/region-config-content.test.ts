import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it, test } from 'vitest';
import { manifestOf, type Published } from '../helpers/fake-aws.ts';
import { inLoader, LOADER } from '../helpers/loader-module.ts';

const run = promisify(execFile);

/** The files that the loader makes of these values. */
async function shapes(values: unknown, required: readonly string[] = []): Promise<Record<string, string>> {
  return (await inLoader(
    '{k: v.decode() for k, v in loader.version_files({}, {"values.json": data["text"].encode()}, data["required"]).items()}',
    { text: typeof values === 'string' ? values : JSON.stringify(values), required },
  )) as Record<string, string>;
}

const AWKWARD = {
  plain: 'db.example',
  quotes: `it's "quoted" \\ and $HOME and \`id\` and $(id)`,
  lines: 'one\ntwo\n',
  spaces: '  both ends  ',
  unicode: 'Zürich 🦊',
  sign: 'a=b:c#d!e;f',
  empty: '',
};

it('writes an env file that a shell reads back as it was', async () => {
  const { 'values.env': text } = await shapes(AWKWARD);
  const { stdout } = await run('sh', ['-c', `set -a\n${text}env -0`]);
  const found = Object.fromEntries(stdout.split('\0').map((line) => line.split(/=(.*)/s).slice(0, 2)));
  for (const [key, value] of Object.entries(AWKWARD)) expect(found[key.toUpperCase()], key).toBe(value);
});

it('writes properties as java.util.Properties reads them', async () => {
  const { 'values.properties': text } = await shapes({ ...AWKWARD, 'a key': 'x' });
  expect(text?.split('\n')).toEqual([
    'a\\ key=x',
    'empty=',
    'lines=one\\ntwo\\n',
    'plain=db.example',
    `quotes=it's "quoted" \\\\ and $HOME and \`id\` and $(id)`,
    'sign=a=b:c#d!e;f',
    'spaces=\\  both ends  ',
    'unicode=Z\\u00fcrich \\ud83e\\udd8a',
    '',
  ]);
});

it('flattens trees, and lists where commas are not ambiguous', async () => {
  const values = {
    database: { host: 'db', port: 5432, 'read-only': false },
    hosts: ['a', 'b', 3],
    pairs: [{ a: 1 }],
    commas: ['a,b', 'c'],
    nothing: null,
    ratio: 0.5,
    maxFlags: 10,
  };
  const { 'values.env': env, 'values.properties': properties } = await shapes(values);
  expect(env).toBe(
    [
      'COMMAS="[\\"a,b\\",\\"c\\"]"',
      'DATABASE_HOST="db"',
      'DATABASE_PORT="5432"',
      'DATABASE_READ_ONLY="false"',
      'HOSTS="a,b,3"',
      'MAXFLAGS="10"',
      'NOTHING=""',
      'PAIRS="[{\\"a\\":1}]"',
      'RATIO="0.5"',
      '',
    ].join('\n'),
  );
  expect(properties).toContain('database.read-only=false\nhosts=a,b,3\n');
});

test.each([
  ['two keys of one name', { a: { b: 1 }, a_b: 2 }, [], 'values-invalid', 'A_B'],
  ['a NUL', { a: 'x\0y' }, [], 'values-invalid', 'NUL'],
  ['half a character', '{"a":"\\ud800"}', [], 'values-invalid', 'surrogates'],
  ['no object', [1], [], 'values-invalid', 'holds no keys'],
  ['no JSON', '{"a":', [], 'values-invalid', 'values.json'],
  ['a missing key', { database: {} }, ['database.host'], 'required-missing', 'database.host'],
  ['an empty key', { database: { host: '' } }, ['database.host', 'database'], 'required-missing', 'database.host'],
])('refuses values with %s', async (_, values, required, reason, detail) => {
  expect(await shapes(values, required)).toEqual({ reason, detail: expect.stringContaining(detail) });
});

const PUBLISHED: Published = { values: { a: 1 }, files: { 'limits.conf': 'x' } };
const parsed = (manifest: unknown) =>
  inLoader('loader.parse_manifest(data.encode(), "api", "api")["serial"]', JSON.stringify(manifest));

it('takes a manifest', async () => {
  expect(await parsed(manifestOf('api', PUBLISHED, 7))).toBe(7);
});

const ESCAPES = [
  '../x',
  'files/../x',
  'files/..',
  '/etc/passwd',
  'files//x',
  'files/x/',
  'files/./x',
  'files/x\n',
  'x',
];
test.each(ESCAPES)('refuses the name %j', async (name) => {
  const manifest = manifestOf('api', PUBLISHED, 7);
  const objects = manifest.objects.map((o) => (o.name === 'values.json' ? o : { ...o, name, key: `api/${name}` }));
  expect(await parsed({ ...manifest, objects })).toEqual({
    reason: 'manifest-invalid',
    detail: expect.stringContaining('is no name for a file'),
  });
});

type Entry = ReturnType<typeof manifestOf>['objects'][number];
const changed = (change: Partial<Record<keyof Entry, unknown>>) => (manifest: ReturnType<typeof manifestOf>) => ({
  ...manifest,
  objects: manifest.objects.map((entry) => (entry.name === 'values.json' ? entry : { ...entry, ...change })),
});

test.each([
  ['another key', changed({ key: 'worker/files/limits.conf' }), 'a key outside of api'],
  ['no version', changed({ versionId: '' }), 'no version'],
  ['no digest', changed({ sha256: 'x' }), 'no digest or no size'],
  ['a negative size', changed({ size: -1 }), 'no digest or no size'],
  ['a huge size', changed({ size: 1e9 }), 'more than 33554432 bytes'],
  ['another digest', changed({ sha256: '0'.repeat(64) }), 'its content is not the digest'],
  ['a file twice', (m: object) => ({ ...m, objects: [...objectsOf(m), ...objectsOf(m)] }), 'there twice'],
  ['no objects', (m: object) => ({ ...m, objects: [] }), 'no values.json'],
  ['objects that are none', (m: object) => ({ ...m, objects: 3 }), 'TypeError'],
  ['another version', (m: object) => ({ ...m, version: 2 }), 'not one that this loader knows'],
  ['nothing', () => null, 'TypeError'],
])('refuses a manifest with %s', async (_, change, detail) => {
  expect(await parsed(change(manifestOf('api', PUBLISHED, 7)))).toEqual({
    reason: 'manifest-invalid',
    detail: expect.stringContaining(detail),
  });
});

const objectsOf = (manifest: object) => (manifest as ReturnType<typeof manifestOf>).objects;

it('refuses a file that is also a folder', async () => {
  const manifest = manifestOf('api', { values: {}, files: { a: '1', 'a/b': '2' } }, 1);
  expect(await parsed(manifest)).toMatchObject({ detail: expect.stringContaining('also a folder') });
});

it('refuses the manifest of another image', async () => {
  expect(await parsed(manifestOf('worker', PUBLISHED, 7))).toMatchObject({ reason: 'wrong-image' });
});

it('is written in the Python that RHEL 8 has', async () => {
  const program = `import ast, sys; ast.parse(sys.stdin.read(), feature_version=(3, 6))`;
  const checking = run('python3', ['-c', program]);
  checking.child.stdin?.end(await readFile(LOADER, 'utf8'));
  await checking;
});
