import { checksumOf, fetchText } from '../setup/download.ts';

/** The releases that the sandbox makes an image of by itself, and their names. */
const CODENAMES = { 12: 'bookworm', 13: 'trixie' } as const;
export type DebianRelease = `${keyof typeof CODENAMES}`;

/** The one behind `debian:12`; undefined for what is no release that the sandbox can make. */
export const debianRelease = (alias: string): DebianRelease | undefined =>
  (Object.keys(CODENAMES) as DebianRelease[]).find((release) => alias === `debian:${release}`);

/** Debian's own cloud image, as its server offers it now. */
export interface OfficialImage {
  readonly release: DebianRelease;
  readonly url: string;
  /** sha512 in hexadecimal, from SHA512SUMS of the same folder. */
  readonly checksum: string;
}

/**
 * The variant with Debian's cloud kernel. The one for EC2 is published as AMIs only; what differs, the default user
 * and the fixed settings, is added when it is adapted.
 */
const fileOf = (release: DebianRelease): string => `debian-${release}-genericcloud-amd64.qcow2`;

/** Long enough for a server far away, short enough to wait for where there is no way out at all. */
const PATIENCE = 3_000;

const imagesUrl = (): string => process.env.BAKE_DEBIAN_IMAGES_URL || 'https://cloud.debian.org/images/cloud';

/** Undefined when its server cannot be reached, or does not have it. */
export async function findOfficialImage(
  release: DebianRelease,
  signal?: AbortSignal,
  baseUrl: string = imagesUrl(),
): Promise<OfficialImage | undefined> {
  const folder = `${baseUrl.replace(/\/+$/, '')}/${CODENAMES[release]}/latest`;
  const file = fileOf(release);
  try {
    const sumsUrl = `${folder}/SHA512SUMS`;
    const sums = await fetchText(sumsUrl, PATIENCE, signal);
    return { release, url: `${folder}/${file}`, checksum: checksumOf(file, sums, sumsUrl) };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
