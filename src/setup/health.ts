import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The room in a folder, or in what it will be made in. */
export async function roomIn(
  path: string,
): Promise<{ path: string; freeBytes: number | undefined; writable: boolean }> {
  const there = await nearestThere(path);
  const [space, writable] = await Promise.all([
    statfs(there).catch(() => undefined),
    access(there, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ]);
  return { path, writable, freeBytes: space === undefined ? undefined : space.bavail * space.bsize };
}

async function nearestThere(path: string): Promise<string> {
  const above = dirname(path);
  const missing = await access(path).then(
    () => false,
    () => true,
  );
  return missing && above !== path ? nearestThere(above) : path;
}
