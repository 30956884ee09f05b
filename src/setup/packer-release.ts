import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checksumOf, downloadVerified, fetchText } from './download.ts';
import { PACKER_RELEASE } from './packer-cache.ts';
import { runStep, type StepContext } from './steps.ts';
import { unzipEntry } from './zip.ts';

export interface ReleaseOptions {
  /** Default: HashiCorp's release server, or BAKE_PACKER_RELEASES_URL for a mirror of it. */
  readonly baseUrl?: string | undefined;
  /** HashiCorp's name for the platform: `linux_amd64`. */
  readonly platform: string;
  /** Receives the executable, as `packer`. */
  readonly folder: string;
  readonly version?: string;
}

/**
 * Puts HashiCorp's release of Packer into a folder, once its zip has the checksum that SHA256SUMS names.
 * Returns the executable's path. Throws `download-failed`, `checksum-unknown`, `checksum-mismatch`, `bad-archive`.
 */
export async function installPackerRelease(options: ReleaseOptions, context: StepContext): Promise<string> {
  const { platform, folder, version = PACKER_RELEASE } = options;
  const { signal } = context;
  return runStep(`download Packer ${version}`, context, async (onLine) => {
    const base = `${options.baseUrl ?? releasesUrl()}/packer/${version}`;
    const archive = `packer_${version}_${platform}.zip`;
    const sumsUrl = `${base}/packer_${version}_SHA256SUMS`;
    const sums = await fetchText(sumsUrl, 30_000, signal);
    const checksum = checksumOf(archive, sums, sumsUrl);
    await mkdir(folder, { recursive: true });
    const scratch = join(folder, `.download-${process.pid}`);
    const executable = join(folder, 'packer');
    try {
      await downloadVerified(`${base}/${archive}`, scratch, { algorithm: 'sha256', checksum }, { signal, onLine });
      await writeFile(scratch, await unzipEntry(await readFile(scratch), 'packer', archive));
      await chmod(scratch, 0o755);
      await rename(scratch, executable);
    } finally {
      await rm(scratch, { force: true });
    }
    return { value: executable, detail: executable };
  });
}

const releasesUrl = (): string =>
  (process.env.BAKE_PACKER_RELEASES_URL || 'https://releases.hashicorp.com').replace(/\/+$/, '');
