import { checksumOf, fetchText } from '../setup/download.ts';

/** Debian's own cloud image, as its server offers it now. */
export interface OfficialImage {
  readonly url: string;
  /** sha512 in hexadecimal, from SHA512SUMS of the same folder. */
  readonly checksum: string;
}

/**
 * The variant with Debian's cloud kernel. The one for EC2 is published as AMIs only; what differs, the default user
 * and the fixed settings, is added when it is adapted.
 */
const FILE = 'debian-12-genericcloud-amd64.qcow2';

/** Long enough for a server far away, short enough to wait for where there is no way out at all. */
const PATIENCE = 3_000;

const imagesUrl = (): string =>
  process.env.BAKE_DEBIAN_IMAGES_URL || 'https://cloud.debian.org/images/cloud/bookworm/latest';

/** Undefined when its server cannot be reached, or does not have it. */
export async function findOfficialImage(
  signal?: AbortSignal,
  baseUrl: string = imagesUrl(),
): Promise<OfficialImage | undefined> {
  const folder = baseUrl.replace(/\/+$/, '');
  try {
    const sumsUrl = `${folder}/SHA512SUMS`;
    const sums = await fetchText(sumsUrl, PATIENCE, signal);
    return { url: `${folder}/${FILE}`, checksum: checksumOf(FILE, sums, sumsUrl) };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
