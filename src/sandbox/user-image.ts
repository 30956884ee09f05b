import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BakeError } from '../model/errors.ts';
import type { SandboxImage } from '../model/image.ts';
import { downloadVerified } from '../setup/download.ts';
import type { ToolPaths } from '../setup/ensure-tools.ts';
import { withLock } from '../setup/lock.ts';
import { cacheDir } from '../setup/paths.ts';
import { outputOf, run } from '../setup/process.ts';
import { type OnLine, runStep, type StepContext } from '../setup/steps.ts';
import { bootModeOf } from './boot-mode.ts';
import { sandboxImageChecksum, sandboxImageMissing, sandboxImageUnusable } from './errors.ts';
import { GPT_BYTES } from './gpt.ts';
import { cachedImage, keepImage, type MachineImage } from './image-cache.ts';

export const USER_IMAGE_TOOLS = ['qemu-img'] as const;

/** What `sandbox.images` says of one source alias. */
export interface UserImage {
  readonly alias: string;
  readonly image: SandboxImage;
}

/** Undefined when it is still to be made. Throws `sandbox-image-missing` for a file that is not there. */
export const findUserImage = async (user: UserImage): Promise<MachineImage | undefined> =>
  cachedImage((await placeOf(user)).disk);

/**
 * Takes a user's cloud image into the cache: downloaded, verified, as a qcow2 that depends on no other file. Throws
 * `download-failed`, `checksum-mismatch`, `sandbox-image-missing`, `sandbox-image-unusable`.
 */
export async function makeUserImage(user: UserImage, tools: ToolPaths, context: StepContext): Promise<MachineImage> {
  const { disk, stamp } = await placeOf(user);
  await mkdir(dirname(disk), { recursive: true });
  return withLock(`${disk}.lock`, { signal: context.signal, patience: 1200 }, async () => {
    const cached = await cachedImage(disk);
    if (cached !== undefined) return cached;
    const work = `${disk}.${process.pid}.work`;
    await rm(work, { recursive: true, force: true });
    await mkdir(work);
    try {
      return await runStep(`image of ${user.alias}`, context, async (onLine) => {
        const file = await fetchImage(user, join(work, 'download'), { ...context, onLine });
        const qemuImg = tools.get('qemu-img') ?? 'qemu-img';
        const about = await inspect(user, file, join(work, 'start'), qemuImg, context.signal);
        const scratch = join(work, 'image.qcow2');
        const convert = ['convert', '-f', about.format, '-O', 'qcow2', file, scratch];
        await run(qemuImg, convert, { signal: context.signal, onLine });
        const { sizeGiB, bootMode } = about;
        return { value: await keepImage(scratch, disk, { source: 'user', stamp, sizeGiB, bootMode }) };
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

/** Where in the cache it belongs. Content that has no checksum is known by the file's size and time. */
async function placeOf({ alias, image: { from, checksum } }: UserImage): Promise<{ disk: string; stamp: string }> {
  const content =
    checksum === undefined ? await fileIdentity(alias, from) : `${checksum.algorithm} ${checksum.checksum}`;
  const stamp = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { disk: join(cacheDir(), 'images', `${alias.replace(':', '-')}-${stamp}.qcow2`), stamp };
}

async function fileIdentity(alias: string, from: SandboxImage['from']): Promise<string> {
  if ('url' in from) throw new Error(`${from.url} has passed the configuration's checks without a checksum`);
  try {
    const path = await realpath(from.file);
    const { size, mtimeMs } = await stat(path);
    return `${path} ${size} ${mtimeMs}`;
  } catch (error) {
    throw sandboxImageMissing(alias, from.file, error);
  }
}

/** The file with the checked content. */
async function fetchImage(
  { alias, image: { from, checksum } }: UserImage,
  download: string,
  { signal, onLine }: StepContext & { readonly onLine: OnLine },
): Promise<string> {
  if ('url' in from) {
    if (checksum === undefined) throw new Error(`${from.url} has no checksum`);
    await downloadVerified(from.url, download, checksum, { signal, onLine }).catch((error: unknown) => {
      throw error instanceof BakeError && error.code === 'checksum-mismatch'
        ? sandboxImageChecksum(alias, error.message)
        : error;
    });
    return download;
  }
  await fileIdentity(alias, from);
  if (checksum === undefined) return from.file;
  const hash = createHash(checksum.algorithm);
  await pipeline(createReadStream(from.file), hash, { signal: signal ?? new AbortController().signal });
  const actual = hash.digest('hex');
  if (actual === checksum.checksum) return from.file;
  throw sandboxImageChecksum(alias, `${from.file}: expected ${checksum.checksum}, got ${actual}`);
}

/** Throws `sandbox-image-unusable` for what is not the disk of a machine. */
async function inspect(
  { alias, image: { from } }: UserImage,
  file: string,
  startFile: string,
  qemuImg: string,
  signal: AbortSignal | undefined,
) {
  const name = 'url' in from ? from.url : from.file;
  const ask = (args: readonly string[]) =>
    outputOf(qemuImg, args, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw sandboxImageUnusable(alias, name, 'qemu-img cannot read it', error);
    });
  const info = JSON.parse(await ask(['info', '--output', 'json', file]));
  const { format, 'virtual-size': bytes, 'backing-filename': backing } = info;
  if (backing !== undefined) throw sandboxImageUnusable(alias, name, `it is only the difference to ${backing}`);
  await ask(['dd', '-f', format, '-O', 'raw', `bs=${GPT_BYTES}`, 'count=1', `if=${file}`, `of=${startFile}`]);
  const bootMode = bootModeOf(await readFile(startFile));
  if (bootMode === 'no-disk') throw sandboxImageUnusable(alias, name, 'it is not a disk image');
  if (bootMode === 'none') throw sandboxImageUnusable(alias, name, 'it has no boot loader, for BIOS or UEFI');
  return { format: String(format), sizeGiB: Math.ceil(bytes / 2 ** 30), bootMode };
}
