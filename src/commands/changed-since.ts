import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { LOCK_FILE, readLock } from '../config/lock.ts';
import { BakeError } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { ImageName } from '../model/ids.ts';
import type { Config } from '../model/image.ts';
import { changedImages, type ProjectState } from '../plan/changed-images.ts';
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
    return changedImages(await stateOf(before), await stateOf(config));
  } catch (error) {
    if (!(error instanceof BakeError) || !error.code.startsWith('config-')) throw error;
    const message = `the configuration of ${revision} cannot be compared, so every image counts as changed: ${error.message}`;
    emit({ type: 'warning', warning: { code: 'not-comparable', message } });
    return new Set(config.images.keys());
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function stateOf(config: Config): Promise<ProjectState> {
  const lock = await readLock(join(config.root, LOCK_FILE));
  return { config, templates: templateInputs(await loadTemplates(config.templatesDir)), lock };
}
