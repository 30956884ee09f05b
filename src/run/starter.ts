import { chmod, lstat, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BakeError, usage } from '../model/errors.ts';
import { GITIGNORE, STARTER_FILES, STARTER_FOLDERS, starterFiles } from '../render/starter.ts';
import { readTemplate } from './templates.ts';

/**
 * Writes a new project; the paths written, from its folder. A `.gitignore` that is there stays as it is.
 * Throws `project-exists` before anything is written.
 */
export async function writeStarter(dir: string, answers: object): Promise<readonly string[]> {
  await requireRoom(dir);
  const read = STARTER_FILES.map(async (name) => [name, await readTemplate(`init/${name}`, undefined)] as const);
  const files = starterFiles(new Map(await Promise.all(read)), answers);
  const keeps = await exists(join(dir, GITIGNORE));
  const written = files.filter(({ path }) => path !== GITIGNORE || !keeps);
  for (const { path, content, executable } of written) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true });
    // Whatever has come there since it was looked for is not ours to replace.
    await writeFile(file, content, { flag: 'wx' });
    if (executable) await chmod(file, 0o755);
  }
  return written.map(({ path }) => path);
}

async function requireRoom(dir: string): Promise<void> {
  if (!(await exists(dir))) return;
  if (!(await stat(dir)).isDirectory())
    throw usage(`${dir} is not a folder`, 'Name a folder, or one that is to be made.');
  const names = await readdir(dir);
  const configs = names.filter((name) => name.startsWith('bake.config.'));
  const folders = await Promise.all(
    STARTER_FOLDERS.map(async (folder) => ((await exists(join(dir, folder))) ? [folder] : [])),
  );
  const there = [...configs, ...folders.flat()];
  if (there.length === 0) return;
  throw new BakeError({
    code: 'project-exists',
    message: `${dir} has what a new project would write: ${there.join(', ')}`,
    hint: 'Name another folder, bake init <dir>, or move them away. Nothing was written.',
    blame: 'user',
  });
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(missing)) !== undefined;
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
