import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openArtifacts } from '../../src/commands/open-artifacts.ts';
import { artifact, sha256 } from '../helpers/builders.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';
import { type LocalServer, serve } from '../setup/local-server.ts';

const MONTHS_AGO = new Date(Date.now() - 60 * 24 * 3_600_000);
const SIGNATURE = 'X-Amz-Signature=s3cr3t';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: LocalServer;
beforeEach(async () => {
  folder = await temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', folder.path);
  server = await serve({ [`/app?${SIGNATURE}`]: 'one' });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const open = () => openArtifacts({ region: 'eu-central-1' }, new AbortController().signal);
const app = (content: string, path = '/app') =>
  artifact('app', { from: { url: `${server.url}${path}?${SIGNATURE}` }, sha256: sha256(content) });
const cached = () => readdir(`${folder.path}/bake/artifacts`);

test('what is on the web is fetched when it is needed, and once', async () => {
  expect(await open().digestOf(app('one'))).toBe(sha256('one'));
  expect(server.requests).toEqual([]);
  const files = await Promise.all([open().fileOf(app('one')), open().fileOf(app('one'))]);
  expect(await readFile(files[0], 'utf8')).toBe('one');
  expect(files[1]).toBe(files[0]);
  expect(server.requests).toHaveLength(1);
  expect(await cached()).toEqual([sha256('one')]);
});

test('content that nobody has used for a month goes when there is other', async () => {
  const [used, unused] = ['two', 'three'].map((content) => `${folder.path}/bake/artifacts/${sha256(content)}`);
  await open().fileOf(app('one'));
  for (const [file, content] of [
    [used, 'two'],
    [unused, 'three'],
  ] as const) {
    await writeFile(`${file}`, content);
    await utimes(`${file}`, MONTHS_AGO, MONTHS_AGO);
  }
  await open().fileOf(app('two'));
  expect(await cached()).toHaveLength(3);
  await rm(`${folder.path}/bake/artifacts/${sha256('one')}`);
  await open().fileOf(app('one'));
  expect((await cached()).sort()).toEqual([sha256('one'), sha256('two')].sort());
});

test('what was damaged in the cache is fetched again', async () => {
  await writeFile(await open().fileOf(app('one')), 'on');
  expect(await readFile(await open().fileOf(app('one')), 'utf8')).toBe('one');
  expect(server.requests).toHaveLength(2);
});

test('another content is refused with both checksums, without what signs the address, and not kept', async () => {
  const error = await open()
    .fileOf(app('two'))
    .catch((error: unknown) => error);
  expect(error).toMatchObject({
    code: 'artifact-digest',
    message: `artefact app: ${server.url}/app is not what it has to be: expected ${sha256('two')}, got ${sha256('one')}`,
  });
  expect(await cached()).toEqual([]);
});

test('what cannot be fetched says so, without what signs the address', async () => {
  const error = await open()
    .fileOf(app('one', '/gone'))
    .catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'download-failed' });
  expect(String(error)).not.toContain('s3cr3t');
  expect(String(error)).toContain('HTTP 404');
});
