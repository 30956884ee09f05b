import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchiveEntry } from '../render/payload.ts';
import { writeArchive } from './archive.ts';

export interface SecretFile extends AsyncDisposable {
  /** Where Packer reads it. */
  readonly path: string;
}

const MEMORY = '/dev/shm';
/** `f_type` of a tmpfs (linux/magic.h). */
const TMPFS = 0x01021994;

/** An archive with a file for each secret, in memory where this machine has such a place, until it is disposed of. */
export async function openSecretFile(values: Readonly<Record<string, string>>): Promise<SecretFile> {
  const folder = await mkdtemp(join((await isInMemory(MEMORY)) ? MEMORY : tmpdir(), 'bake-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const named = join(folder, 'secrets.tar');
  const file = await open(named, 'wx', 0o600).catch(async (error) => {
    await remove();
    throw error;
  });
  // Without a name before anything is in it, so that nothing is left however this process ends. What runs as the same user
  // reads it all the same while we have it open.
  const path = process.platform === 'linux' ? `/proc/${process.pid}/fd/${file.fd}` : named;
  const dispose = async () => {
    await file.close();
    await remove();
  };
  try {
    if (path !== named) await remove();
    await file.writeFile(await secretsArchive(values));
  } catch (error) {
    await dispose();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: dispose };
}

/** A file for each, which scripts read. */
export const secretsArchive = (values: Readonly<Record<string, string>>): Promise<Buffer> =>
  writeArchive(
    Object.entries(values).map(
      ([path, text]): ArchiveEntry => ({ path, mode: '0400', content: { kind: 'text', text } }),
    ),
    {},
  );

const isInMemory = (folder: string): Promise<boolean> =>
  statfs(folder).then(
    ({ type }) => type === TMPFS,
    () => false,
  );
