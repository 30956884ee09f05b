import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** The Debian 12 that the sandbox's machines start from: one bare ext4 filesystem in a qcow2. */
export interface MachineImage {
  readonly disk: string;
  /** Where its content came from: Debian's own cloud image, or its packages. */
  readonly source: 'official' | 'packages';
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** What is recorded beside an image. Size and time tell cheaply whether it is still the file that was hashed. */
interface Sidecar extends Omit<MachineImage, 'disk'> {
  readonly version: 1;
  readonly sha256: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** Undefined for no image, or one that is not the file its sidecar describes. */
export async function cachedImage(disk: string): Promise<MachineImage | undefined> {
  try {
    const { version, source, createdAt, bytes, mtimeMs }: Sidecar = JSON.parse(await readFile(`${disk}.json`, 'utf8'));
    const found = await stat(disk);
    const same = version === 1 && found.size === bytes && found.mtimeMs === mtimeMs;
    return same ? { disk, source, createdAt } : undefined;
  } catch {
    return undefined;
  }
}

/** Moves a finished image to its place in the cache. */
export async function keepImage(scratch: string, disk: string, source: MachineImage['source']): Promise<MachineImage> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(scratch), hash);
  const { size, mtimeMs, mtime } = await stat(scratch);
  const createdAt = mtime.toISOString();
  const sidecar: Sidecar = { version: 1, source, createdAt, sha256: hash.digest('hex'), bytes: size, mtimeMs };
  // The sidecar first: an image without one would be replaced, though a sandbox may already run from it.
  await writeFile(`${disk}.json`, `${JSON.stringify(sidecar, null, 2)}\n`);
  await rename(scratch, disk);
  return { disk, source, createdAt };
}
