import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BakeError } from '../model/errors.ts';
import type { ToolPaths } from '../setup/ensure-tools.ts';
import { withLock } from '../setup/lock.ts';
import { cacheDir, packageFile } from '../setup/paths.ts';
import { run } from '../setup/process.ts';
import { runStep, type StepContext } from '../setup/steps.ts';
import type { ToolName } from '../setup/tools.ts';
import { adaptOfficialImage, ROOT_VOLUME_GIB } from './adapt-official-image.ts';
import { cachedImage, keepImage, type MachineImage } from './image-cache.ts';
import type { DebianRelease, OfficialImage } from './official-image.ts';

/** Scripts whose change makes another image; the list of packages is in the first. */
const BUILDERS = ['debian-image.sh', 'debian-image-settings.sh', 'ec2-cloud-cfg.sh'];

const PACKAGE_TOOLS: readonly ToolName[] = ['mmdebstrap', 'mke2fs', 'qemu-img'];

/** What making the image needs. */
export function imageTools(official: OfficialImage | undefined): readonly ToolName[] {
  if (official !== undefined) return ['qemu-img', 'debugfs'];
  return process.getuid?.() === 0 ? PACKAGE_TOOLS : [...PACKAGE_TOOLS, 'newuidmap'];
}

/** The release's machine image of this version of the builders; undefined when it is still to be made. */
export const findDebianImage = async (release: DebianRelease): Promise<MachineImage | undefined> =>
  cachedImage(await imageFile(release));

/**
 * Makes the machine image: from Debian's official one, or without that from the packages of this machine's Debian
 * archive. Processes that want it at the same time make it once. Throws `command-failed`, `checksum-mismatch`.
 */
export async function makeDebianImage(
  release: DebianRelease,
  official: OfficialImage | undefined,
  tools: ToolPaths,
  context: StepContext,
): Promise<MachineImage> {
  const file = await imageFile(release);
  await mkdir(dirname(file), { recursive: true });
  return withLock(`${file}.lock`, { signal: context.signal, patience: 1200 }, async () => {
    const cached = await cachedImage(file);
    if (cached !== undefined) return cached;
    const scratch = `${file}.${process.pid}.part`;
    try {
      const problem = await fromOfficial(official, scratch, tools, context);
      if (problem !== undefined) await fromPackages(release, scratch, problem, context);
      const source = problem === undefined ? 'official' : 'packages';
      return await keepImage(scratch, file, { source, sizeGiB: ROOT_VOLUME_GIB });
    } finally {
      await rm(scratch, { force: true });
    }
  });
}

/** Why it could not be used; undefined when it could. A download that was tampered with is not passed over. */
async function fromOfficial(
  official: OfficialImage | undefined,
  out: string,
  tools: ToolPaths,
  context: StepContext,
): Promise<string | undefined> {
  if (official === undefined) return 'the server of the official image cannot be reached';
  try {
    await adaptOfficialImage(official, out, tools, context);
    return undefined;
  } catch (error) {
    context.signal?.throwIfAborted();
    if (error instanceof BakeError && error.code !== 'checksum-mismatch') return error.message;
    throw error;
  }
}

async function fromPackages(release: DebianRelease, out: string, because: string, context: StepContext): Promise<void> {
  await runStep(`Debian ${release} image from packages`, context, async (onLine) => {
    onLine(because);
    const script = packageFile('src', 'sandbox', 'debian-image.sh');
    await run('sh', [script, release, out], { signal: context.signal, onLine });
    return { value: undefined, detail: because };
  });
}

async function imageFile(release: DebianRelease): Promise<string> {
  const digest = createHash('sha256');
  for (const script of BUILDERS) digest.update(await readFile(packageFile('src', 'sandbox', script)));
  return join(cacheDir(), 'images', `debian-${release}-amd64-${digest.digest('hex').slice(0, 12)}.qcow2`);
}
