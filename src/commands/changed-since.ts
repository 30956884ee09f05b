import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { digestOfFile, digestOfText } from '../config/layers/digest.ts';
import { loadConfig } from '../config/load.ts';
import { LOCK_FILE, readLock } from '../config/lock.ts';
import type { Artifact } from '../model/artifact.ts';
import { mapBounded } from '../model/bounded.ts';
import { BakeError } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { Digest, ImageName } from '../model/ids.ts';
import type { Config } from '../model/image.ts';
import { changedImages, type ProjectState } from '../plan/changed-images.ts';
import { digestOf } from '../plan/fingerprint.ts';
import { loadTemplates, templateInputs } from '../run/templates.ts';
import { checkOut } from './git.ts';
import { stateFolder } from './state-folder.ts';

/**
 * The images that differ in inputs of their own from what the project was at a revision: that is checked out and read as
 * the project is now. Within the project's folder, so that its configuration finds the packages that it imports.
 */
export async function changedSince(revision: string, config: Config, emit: Emit): Promise<ReadonlySet<ImageName>> {
  await mkdir(stateFolder(config), { recursive: true });
  await writeFile(join(stateFolder(config), '.gitignore'), '*\n');
  const dir = await mkdtemp(join(stateFolder(config), 'since-'));
  try {
    const root = await checkOut(revision, config.root, dir);
    const before = await loadConfig({ cwd: root, file: basename(config.file) });
    const [old, now] = [await comparable(before), await comparable(config)];
    const changed = changedImages(await stateOf(old.config), await stateOf(now.config));
    const unknown = [...old.unknown, ...now.unknown].filter((name) => config.images.has(name));
    return new Set([...changed, ...unknown]);
  } catch (error) {
    if (!(error instanceof BakeError) || !error.code.startsWith('config-')) throw error;
    const message = `the configuration of ${revision} cannot be compared, so every image counts as changed: ${error.message}`;
    emit({ type: 'warning', warning: { code: 'not-comparable', message } });
    return new Set(config.images.keys());
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * With what the artefacts hold in this checkout. An image counts as changed where that is not in it: what Git ignores,
 * what is elsewhere on this machine, and the newest of something in S3.
 */
async function comparable(config: Config): Promise<{ readonly config: Config; readonly unknown: Set<ImageName> }> {
  const unknown = new Set<ImageName>();
  const images = await mapBounded([...config.images.values()], AT_ONCE, async (image) => {
    const artifacts = await mapBounded(image.artifacts ?? [], 1, async (artifact) => {
      const sha256 = await digestIn(config.root, artifact);
      if (sha256 === undefined) unknown.add(image.name);
      return { ...artifact, sha256: sha256 ?? digestOfText('') };
    });
    return [image.name, artifacts.length === 0 ? image : { ...image, artifacts }] as const;
  });
  return { config: { ...config, images: new Map(images) }, unknown };
}

const AT_ONCE = 4;

async function digestIn(root: string, { from, sha256 }: Artifact): Promise<Digest | undefined> {
  if (sha256 !== undefined) return sha256;
  if (!('file' in from)) return 's3' in from && from.s3.versionId !== undefined ? digestOf(from) : undefined;
  const inside = !relative(root, from.file).startsWith('..');
  const found = inside ? await stat(from.file).catch(() => undefined) : undefined;
  return found?.isFile() === true ? digestOfFile(from.file, found.size) : undefined;
}

async function stateOf(config: Config): Promise<ProjectState> {
  const lock = await readLock(join(config.root, LOCK_FILE));
  return { config, templates: templateInputs(await loadTemplates(config.templatesDir)), lock };
}
