import { usage } from '../model/errors.ts';
import type { Architecture } from '../model/ids.ts';
import type { KnownImage } from '../model/known-image.ts';
import type { RecordsById } from '../plan/image-state.ts';
import type { Records } from '../run/effects.ts';
import { notFound } from './show.ts';

/** The finished AMIs of a version, one for each architecture; usable or not, since they are only looked at. */
export function finishedAmis(
  name: string,
  version: string,
  architectures: readonly Architecture[] | undefined,
  images: readonly KnownImage[],
): readonly KnownImage[] {
  const ofImage = images.filter(
    (one) => one.image === name && (architectures === undefined || architectures.includes(one.architecture)),
  );
  const found = ofImage.filter((one) => one.version === version);
  if (found.length === 0) throw notFound(name, version, ofImage);
  const finished = found.filter(({ fingerprint }) => fingerprint !== undefined);
  if (finished.length === 0) {
    throw usage(`${name} ${version} was never finished`, `bake list ${name} shows what there is.`);
  }
  return finished;
}

/** A lineage is short, and the state bucket answers in parallel as well as one by one. */
export async function recordsOf(images: readonly KnownImage[], records: Records): Promise<RecordsById> {
  const found = await Promise.all(
    [...new Set(images)].map(async ({ imageId, fingerprint }) => {
      const record = fingerprint && (await records.read(imageId, fingerprint));
      return record ? ([[imageId, record]] as const) : [];
    }),
  );
  return new Map(found.flat());
}
