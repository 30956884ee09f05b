import type { Emit } from '../../model/events.ts';
import type { PlaceOutcome } from '../../model/publishing.ts';
import type { ManifestObject } from '../../model/region-manifest.ts';
import { nextManifest } from '../../plan/region-config.ts';
import { prepareBucket } from '../buckets.ts';
import { bucketProblem, notVersioned } from './errors.ts';
import type { PushLook } from './look.ts';
import { writeManifest } from './manifests.ts';

export interface Publishing {
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/**
 * Does what was planned. Objects first, and then the manifest, which pins their versions: wherever it stops, instances
 * find the old manifest with the old versions, or the new one with the new.
 */
export async function push(look: PushLook, { emit, signal, now }: Publishing): Promise<PlaceOutcome> {
  const { place, plan, current } = look;
  const { publication } = place;
  const { bucket } = publication;
  await prepareBucket(place.bucket, look, {
    signal,
    changed: (change) => emit({ type: 'bucket-changed', id: place.id, bucket, change }),
    problem: (found) => bucketProblem(place, found),
  });
  const { manifest } = current;
  if (manifest !== undefined && plan.objects.length === 0) return { status: 'unchanged', serial: manifest.serial };

  const contents = new Map(publication.objects.map(({ name, content }) => [name, content]));
  const written: ManifestObject[] = [];
  for (const object of look.push.uploads) {
    signal.throwIfAborted();
    const content = contents.get(object.name) ?? Buffer.alloc(0);
    const versionId = await place.bucket.write({ key: object.key, content, sha256: object.sha256 });
    if (versionId === undefined || versionId === 'null') throw notVersioned(place);
    written.push({ ...object, versionId });
    emit({ type: 'object-written', id: place.id, name: object.name, bytes: object.size });
  }
  signal.throwIfAborted();
  const objects = [...look.push.kept, ...written];
  const next = nextManifest({ image: place.image, after: current.newest, now: now(), objects });
  await writeManifest(place, next, current.etag);
  return { status: 'published', serial: next.serial, content: next.content };
}
