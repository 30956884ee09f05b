import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openArtifacts } from '../../src/commands/open-artifacts.ts';
import type { Artifact } from '../../src/model/artifact.ts';
import type { ImageName } from '../../src/model/ids.ts';
import { copyArtifacts, removeArtifacts, settleArtifacts } from '../../src/run/artifacts.ts';
import { artifact, base, config, imageName, service, sha256 } from '../helpers/builders.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';

const API = imageName('api');
const BASE = imageName('base');
const artifacts = openArtifacts({ region: 'eu-central-1' }, new AbortController().signal);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** An artefact that nobody has read yet. */
function unread(name: string, written: Partial<Artifact> = {}): Artifact {
  const { sha256: _, ...rest } = artifact(name, { from: { file: join(folder.path, name) } });
  return { ...rest, ...written };
}

const configOf = (ofApi: readonly Artifact[], ofBase: readonly Artifact[] = []) =>
  config([base('base', { artifacts: ofBase }), service('api', 'base', { artifacts: ofApi })]);

const settled = (all: ReturnType<typeof configOf>, asked: ImageName[] = [API]) =>
  settleArtifacts(all, asked, artifacts, 'may-lack');

test('what they hold is known afterwards, of the images asked for and their ancestors', async () => {
  await writeFile(join(folder.path, 'app'), 'one');
  await writeFile(join(folder.path, 'tools'), 'two');
  const all = configOf([unread('app')], [unread('tools')]);
  const { config: now, unknown } = await settled(all);
  expect(now.images.get(API)?.artifacts?.[0]?.sha256).toBe(sha256('one'));
  expect(now.images.get(BASE)?.artifacts?.[0]?.sha256).toBe(sha256('two'));
  expect(unknown).toEqual([]);
  const { config: half } = await settled(all, [BASE]);
  expect(half.images.get(API)?.artifacts?.[0]).not.toHaveProperty('sha256');
});

test('another content than the checksum says is refused, naming both', async () => {
  await writeFile(join(folder.path, 'app'), 'one');
  const pinned = (text: string) => settled(configOf([unread('app', { sha256: sha256(text) })]));
  await expect(pinned('one')).resolves.toMatchObject({ unknown: [] });
  await expect(pinned('two')).rejects.toMatchObject({
    code: 'artifact-digest',
    message: expect.stringContaining(`expected ${sha256('two')}, got ${sha256('one')}`),
  });
});

test('what is not there is told with what to do, all at once', async () => {
  await mkdir(join(folder.path, 'dir'));
  await expect(settled(configOf([unread('app')]))).rejects.toMatchObject({
    code: 'artifact-missing',
    hint: expect.stringContaining('--artifact app=<file>'),
  });
  await expect(settled(configOf([unread('dir')]))).rejects.toMatchObject({
    code: 'artifact-unusable',
    message: expect.stringContaining('is a folder'),
  });
  await expect(settled(configOf([unread('app'), unread('dir')]))).rejects.toMatchObject({
    code: 'artifacts-unusable',
    details: [expect.stringMatching(/^api: artefact app: there is no /), expect.stringMatching(/^api: artefact dir: /)],
  });
});

test('a parent that nobody asked for may lack its own, and is then never the wanted one', async () => {
  await writeFile(join(folder.path, 'app'), 'one');
  const all = configOf([unread('app')], [unread('tools')]);
  const { config: now, unknown } = await settled(all);
  expect(unknown).toMatchObject([{ image: 'base', error: { code: 'artifact-missing' } }]);
  expect(now.images.get(BASE)?.artifacts?.[0]?.sha256).toBe('0'.repeat(64));
  await expect(settled(all, [BASE, API])).rejects.toMatchObject({ code: 'artifact-missing' });
  await expect(settleArtifacts(all, [API], artifacts, 'needed')).rejects.toMatchObject({ code: 'artifact-missing' });
});

test('their content is beside the template for as long as it is sent', async () => {
  const image = service('api', 'base', {
    artifacts: [unread('a', { sha256: sha256('one') }), unread('b', { sha256: sha256('two') })],
  });
  await writeFile(join(folder.path, 'a'), 'one');
  await writeFile(join(folder.path, 'b'), 'two');
  const run = join(folder.path, 'run');
  await mkdir(run);
  await copyArtifacts(run, image, artifacts);
  expect(await readdir(run)).toEqual(['artifact-1', 'artifact-2']);
  expect(await readFile(join(run, 'artifact-2'), 'utf8')).toBe('two');
  await removeArtifacts(run, image);
  expect(await readdir(run)).toEqual([]);

  await writeFile(join(folder.path, 'b'), 'three');
  await expect(copyArtifacts(run, image, artifacts)).rejects.toMatchObject({ code: 'artifact-changed' });
  expect(await readdir(run)).toEqual(['artifact-1']);
  await rm(join(folder.path, 'a'));
  await expect(copyArtifacts(run, image, artifacts)).rejects.toMatchObject({ code: 'ENOENT' });
});

const LARGE = 256 * 2 ** 20;

test('a large one is never in memory as a whole', { timeout: 120_000 }, async () => {
  await using file = await open(join(folder.path, 'app'), 'w');
  await file.truncate(LARGE);
  const { config: now } = await settled(configOf([unread('app')]));
  const image = now.images.get(API) ?? base('none');
  await copyArtifacts(folder.path, image, artifacts);
  await using copy = await open(join(folder.path, 'artifact-1'));
  expect((await copy.stat()).size).toBe(LARGE);
  // What is allocated outside of the heap, where a file's content would be.
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(LARGE / 4);
});
