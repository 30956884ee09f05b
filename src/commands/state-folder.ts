import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../model/image.ts';

/** What a project's bakes keep on this machine: logs of runs, records. Not for committing. */
export const stateFolder = (config: Config): string => join(config.root, '.bake');

/** Records of bakes in a sandbox: apart from the project's, and gone when the sandbox is reset. */
export const sandboxRecords = (stateDir: string): string => join(stateDir, 'records');

/** Runs whose logs are kept. */
const KEPT_RUNS = 30;

/** The folder of one run, made; the oldest runs' folders make room. */
export async function makeRunFolder(config: Config, run: string): Promise<string> {
  const runs = join(stateFolder(config), 'runs');
  const dir = join(runs, run);
  await makeFolders(stateFolder(config), runs, dir);
  await writeFile(join(stateFolder(config), '.gitignore'), '*\n');
  // Run ids sort by time.
  const old = (await readdir(runs)).sort().slice(0, -KEPT_RUNS);
  for (const name of old) {
    if (!(await holdsKey(join(runs, name)))) await rm(join(runs, name), { recursive: true, force: true });
  }
  return dir;
}

/** A machine's key: of a bake or a trial that is still going, or of one that was kept to be looked at. */
async function holdsKey(run: string): Promise<boolean> {
  return (await readdir(run, { recursive: true })).some((path) => path.endsWith('.key'));
}

/** One by one: a recursive mkdir of Node says "no such file" where the file system is read-only. */
async function makeFolders(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
