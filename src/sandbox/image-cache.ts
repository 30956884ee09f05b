import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** A disk that the sandbox's machines start from, as a qcow2 in the cache. */
export interface MachineImage {
  readonly disk: string;
  /** Where its content came from: Debian's own cloud image, or its packages; or the user. */
  readonly source: 'official' | 'packages' | 'user';
  /** Stands in the AMI's name for this content. */
  readonly stamp: string;
  /** Of the root volume. */
  readonly sizeGiB: number;
  /** How it starts by itself. Absent: it is a bare filesystem, which the boot disk starts. */
  readonly bootMode?: BootMode;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export type BootMode = 'legacy-bios' | 'uefi';

/** What is recorded beside an image. Size and time tell cheaply whether it is still the file that was hashed. */
interface Sidecar extends Omit<MachineImage, 'disk'> {
  readonly version: 2;
  readonly sha256: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** Undefined for no image, or one that is not the file its sidecar describes. */
export async function cachedImage(disk: string): Promise<MachineImage | undefined> {
  try {
    const {
      version,
      sha256: _,
      bytes,
      mtimeMs,
      ...image
    }: Sidecar = JSON.parse(await readFile(`${disk}.json`, 'utf8'));
    const found = await stat(disk);
    const same = version === 2 && found.size === bytes && found.mtimeMs === mtimeMs;
    return same ? { disk, ...image } : undefined;
  } catch {
    return undefined;
  }
}

/** Moves a finished image to its place in the cache. Without a stamp of its own, it has that of its date. */
export async function keepImage(
  scratch: string,
  disk: string,
  about: Omit<MachineImage, 'disk' | 'createdAt' | 'stamp'> & { readonly stamp?: string },
): Promise<MachineImage> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(scratch), hash);
  const { size, mtimeMs, mtime } = await stat(scratch);
  const createdAt = mtime.toISOString();
  const image = { stamp: dateStamp(createdAt), ...about, createdAt };
  const sidecar: Sidecar = { version: 2, ...image, sha256: hash.digest('hex'), bytes: size, mtimeMs };
  // The sidecar first: an image without one would be replaced, though a sandbox may already run from it.
  await writeFile(`${disk}.json`, `${JSON.stringify(sidecar, null, 2)}\n`);
  await rename(scratch, disk);
  return { disk, ...image };
}

/** `20261120-1330`, as Debian has it in the names of its AMIs. */
export function dateStamp(createdAt: string): string {
  const [day = '', time = ''] = createdAt.replaceAll(/[-:]/g, '').split('T');
  return `${day}-${time.slice(0, 4)}`;
}
