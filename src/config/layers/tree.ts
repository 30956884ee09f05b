import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { mapBounded } from '../../model/bounded.ts';
import type { Digest } from '../../model/ids.ts';
import { isFault } from '../faults.ts';
import { REPLACEMENT } from '../unwritable.ts';
import { digestOfFile, digestOfText } from './digest.ts';

/** Something in a layer folder, by its path in there with `/` between: `files/etc/motd`. */
export type Entry = { readonly path: string } & (
  | { readonly type: 'file'; readonly executable: boolean; readonly digest: Digest }
  /** `target` is the link's own text; where it leads is the machine's business. */
  | { readonly type: 'symlink'; readonly target: string; readonly digest: Digest }
  | { readonly type: 'refused'; readonly because: string }
);

/** Keep an empty folder in git, or were left by a file browser; never meant for the machine. */
const IGNORED = new Set(['.gitkeep', '.DS_Store']);

const OWNER_MAY_EXECUTE = 0o100;
const FILES_AT_ONCE = 8;

/** Everything below `root/folder`, sorted by path as plain strings; nothing when there is no such folder. */
export async function readTree(root: string, folder: string): Promise<readonly Entry[]> {
  const paths = await list(root, folder);
  const entries = await mapBounded(paths, FILES_AT_ONCE, (path) => readEntry(root, path));
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function list(root: string, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const folders = [folder];
  for (const open of folders) {
    for (const entry of await readFolder(join(root, open))) {
      const path = `${open}/${entry.name}`;
      // A folder whose name node cannot say could not be looked into, and what is in it would be missed.
      if (entry.isDirectory() && !path.includes(REPLACEMENT)) folders.push(path);
      else if (!IGNORED.has(entry.name)) found.push(path);
    }
  }
  return found;
}

async function readFolder(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isFault(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

async function readEntry(root: string, path: string): Promise<Entry> {
  const because = flawOfName(path);
  if (because !== undefined) return { path, type: 'refused', because };
  try {
    return await readSound(root, path);
  } catch (error) {
    if (isFault(error, 'EACCES', 'EPERM')) return { path, type: 'refused', because: 'may not be read by this user' };
    throw error;
  }
}

async function readSound(root: string, path: string): Promise<Entry> {
  const absolute = join(root, path);
  const stats = await lstat(absolute);
  if (stats.isSymbolicLink()) {
    const target = await readlink(absolute);
    if (target.includes(REPLACEMENT)) return { path, type: 'refused', because: 'leads to a name that is not UTF-8' };
    return { path, type: 'symlink', target, digest: digestOfText(target) };
  }
  if (!stats.isFile()) {
    return {
      path,
      type: 'refused',
      because: 'is neither a file, a folder nor a symbolic link, so it cannot be copied',
    };
  }
  const executable = (stats.mode & OWNER_MAY_EXECUTE) !== 0;
  return { path, type: 'file', executable, digest: await digestOfFile(absolute, stats.size) };
}

function flawOfName(path: string): string | undefined {
  // Lists of files, logs and `tar` put one name on a line.
  if (/\p{Cc}/u.test(path)) return 'has a control character in its name';
  // The file could not even be opened by this name.
  if (path.includes(REPLACEMENT)) return 'has a name that is not UTF-8';
  if (path.endsWith('/.hbs')) return 'has no name before .hbs';
  return undefined;
}
