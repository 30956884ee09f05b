import type { Digest } from '../../model/ids.ts';
import { manifestText, objectKey } from '../../model/region-manifest.ts';
import type { RenderedObject } from './target.ts';

/** Bytes that an instance loads at most: those of templates/region-config/loader.py. */
export const MAX_OBJECTS = 32 * 2 ** 20;
export const MAX_MANIFEST = 2 ** 20;

/** Only S3 knows how long the ids of the versions are that the manifest will name: this is the longest. */
const VERSION_ID = 'x'.repeat(1024);
const DIGEST = '0'.repeat(64) as Digest;

export function tooLarge(image: string, prefix: string, objects: readonly RenderedObject[]): readonly string[] {
  const entries = objects.map(({ name, sha256, content }) => {
    return { name, key: objectKey(prefix, name), sha256, size: content.length, versionId: VERSION_ID };
  });
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  const serial = Number.MAX_SAFE_INTEGER;
  const created = new Date(0).toISOString();
  const manifest = {
    version: 1,
    image,
    serial,
    created,
    content: DIGEST,
    rollbackOf: serial,
    objects: entries,
  } as const;
  return [
    ...(total > MAX_OBJECTS ? [`values and files have ${total} bytes; instances load ${MAX_OBJECTS} at most`] : []),
    ...(Buffer.byteLength(manifestText(manifest)) > MAX_MANIFEST
      ? [`${objects.length} objects are too many: their manifest may have more than ${MAX_MANIFEST} bytes`]
      : []),
  ];
}
