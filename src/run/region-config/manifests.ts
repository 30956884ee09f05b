import { createHash } from 'node:crypto';
import type { Digest } from '../../model/ids.ts';
import { MANIFEST_NAME, type Manifest, manifestText, objectKey, parseManifest } from '../../model/region-manifest.ts';
import { manifestOfAnother, manifestUnreadable, pushedInBetween } from './errors.ts';
import type { Place } from './place.ts';

export interface CurrentManifest {
  readonly manifest: Manifest | undefined;
  /** What the next one is written over; undefined: nothing. */
  readonly etag: string | undefined;
  /** The newest serial that ever was. */
  readonly newest: number;
}

export const manifestKey = ({ publication }: Place): string => objectKey(publication.prefix, MANIFEST_NAME);

/** Throws `manifest-unreadable`, `manifest-of-another-image`. */
export async function currentManifest(place: Place): Promise<CurrentManifest> {
  const key = manifestKey(place);
  const stored = await place.bucket.read(key);
  if (stored === undefined) {
    // It was deleted, perhaps: serials go on, since machines may have loaded one of them.
    const [newest] = await history(place, 1);
    return { manifest: undefined, etag: undefined, newest: newest?.serial ?? 0 };
  }
  const manifest = parseManifest(stored.content.toString('utf8'));
  if (manifest === undefined) throw manifestUnreadable(place, key);
  if (manifest.image !== place.image) throw manifestOfAnother(place, key, manifest.image);
  return { manifest, etag: stored.etag, newest: manifest.serial };
}

/** Manifests of this image, newest first; reads no more than are asked for. */
export async function history(
  place: Place,
  most: number,
  wanted: (manifest: Manifest) => boolean = () => true,
): Promise<readonly Manifest[]> {
  const key = manifestKey(place);
  const found: Manifest[] = [];
  for (const version of await place.bucket.versions(key)) {
    const stored = await place.bucket.read(key, version);
    const manifest = stored && parseManifest(stored.content.toString('utf8'));
    if (manifest?.image === place.image && wanted(manifest)) found.push(manifest);
    if (found.length >= most) break;
  }
  return found;
}

/** Moves the pointer. Throws `pushed-in-between` where it has moved since it was read. */
export async function writeManifest(place: Place, manifest: Manifest, etag: string | undefined): Promise<void> {
  const key = manifestKey(place);
  const content = Buffer.from(manifestText(manifest));
  const sha256 = createHash('sha256').update(content).digest('hex') as Digest;
  if (!(await place.bucket.writeOver(etag, { key, content, sha256 }))) throw pushedInBetween(place, key);
}
