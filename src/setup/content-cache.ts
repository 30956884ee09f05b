import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Digest, parseDigest } from '../model/ids.ts';
import { withLock } from './lock.ts';
import { cacheDir } from './paths.ts';

/** Seconds that another process may take to fetch the same. */
const PATIENCE = 3600;

/** Days for which content stays that nobody uses: each build of an artefact is another one. */
const UNUSED_DAYS = 30;

const folder = (): string => join(cacheDir(), 'artifacts');

/** The file with this content, which `fetch` writes where it is not in the cache yet. What `fetch` writes has been checked. */
export async function cachedContent(
  sha256: Digest,
  fetch: (file: string) => Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  const file = join(folder(), sha256);
  if (await holds(file, sha256)) return file;
  return withLock(`${file}.lock`, { signal, patience: PATIENCE }, async () => {
    if (await holds(file, sha256)) return file;
    await addContent(async (part) => {
      await fetch(part);
      return sha256;
    });
    return file;
  });
}

/** Puts into the cache what `fetch` writes into a file; it tells what that is. */
export async function addContent(fetch: (file: string) => Promise<Digest>): Promise<Digest> {
  await mkdir(folder(), { recursive: true });
  const part = join(folder(), `${randomUUID()}.part`);
  try {
    const sha256 = await fetch(part);
    await rename(part, join(folder(), sha256));
    await removeUnused();
    return sha256;
  } finally {
    await rm(part, { force: true });
  }
}

/** What is known of the content of something that never changes. */
export async function knownDigest(of: readonly string[], find: () => Promise<Digest>): Promise<Digest> {
  const name = createHash('sha256').update(JSON.stringify(of)).digest('hex');
  const file = join(folder(), `of-${name}`);
  const known = parseDigest(await readFile(file, 'utf8').catch(() => ''));
  if (known !== undefined) return known;
  const found = await find();
  const part = `${file}.${randomUUID()}`;
  await writeFile(part, found);
  await rename(part, file);
  return found;
}

async function holds(file: string, sha256: Digest): Promise<boolean> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  if (hash.digest('hex') !== sha256) return false;
  const now = new Date();
  await utimes(file, now, now);
  return true;
}

/** Also the parts that killed processes have left. Not the notes of knownDigest(), of 64 bytes each. */
async function removeUnused(): Promise<void> {
  const oldest = Date.now() - UNUSED_DAYS * 24 * 3_600_000;
  for (const name of await readdir(folder())) {
    const file = join(folder(), name);
    if (name.startsWith('of-') || name.endsWith('.lock')) continue;
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < oldest) await rm(file, { force: true });
  }
}
