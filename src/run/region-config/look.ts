import type { Json } from '../../model/image.ts';
import type { PlacePlan } from '../../model/publishing.ts';
import { type Manifest, objectKey, VALUES_NAME } from '../../model/region-manifest.ts';
import { type PushPlan, planPush } from '../../plan/region-config.ts';
import { changedValues } from '../../plan/region-values.ts';
import { isSameKey, lackingFeatures } from '../buckets.ts';
import { BUCKET_FEATURES, type BucketFeature, type UsedEncryption } from '../region-effects.ts';
import { bucketProblem, notVersioned } from './errors.ts';
import { type CurrentManifest, currentManifest } from './manifests.ts';
import type { Place } from './place.ts';

/** A place as it is, and what a push will do to it. */
export interface PushLook {
  readonly place: Place;
  readonly creates: boolean;
  readonly gives: readonly BucketFeature[];
  readonly current: CurrentManifest;
  readonly push: PushPlan;
  readonly plan: PlacePlan;
}

const NOTHING: CurrentManifest = { manifest: undefined, etag: undefined, newest: 0 };

/** Reads only. Throws what keeps a push from this place. */
export async function lookAt(place: Place, createBuckets: boolean): Promise<PushLook> {
  const found = await place.bucket.find();
  const creates = found.at === 'nowhere' && createBuckets;
  if (found.at !== 'there' && !creates) throw bucketProblem(place, found);
  const { bucket, publication } = place;
  const gives = createBuckets ? await lackingFeatures(bucket, publication, BUCKET_FEATURES, creates) : [];
  if (found.at === 'there' && !found.versioned && !createBuckets) throw notVersioned(place);
  const current = creates ? NOTHING : await currentManifest(place);
  const wanted = place.publication.objects.map(({ name, sha256, content }) => {
    return { name, key: objectKey(place.publication.prefix, name), sha256, size: content.length };
  });
  const push = planPush(wanted, current.manifest, await unsound(place, current.manifest));
  const before = await publishedValues(place, current.manifest);
  const plan: PlacePlan = {
    ...placeOf(place),
    serial: current.manifest?.serial ?? null,
    bucketChanges: [...(creates ? ['create'] : []), ...gives],
    objects: push.changes,
    values: changedValues(before, place.publication.values),
  };
  return { place, creates, gives, current, push, plan };
}

export function placeOf({ publication }: Pick<Place, 'publication'>) {
  const { target, channels, bucket, prefix } = publication;
  return { account: target.account, region: target.region, channels, bucket, prefix };
}

/** Whether an object is encrypted as the configuration says: instances may be allowed no other key. */
export function isEncryptedAs(used: UsedEncryption | undefined, { publication: { kmsKey } }: Place): boolean {
  if (kmsKey === undefined) return used?.algorithm === 'AES256';
  return used?.algorithm.startsWith('aws:kms') === true && isSameKey(used.key, kmsKey);
}

/** What the manifest pins may have been deleted, or written before the encryption was changed. */
async function unsound(place: Place, manifest: Manifest | undefined): Promise<ReadonlySet<string>> {
  const looked = (manifest?.objects ?? []).map(async ({ name, key, versionId }) => {
    const found = await place.bucket.look(key, versionId);
    return found !== undefined && isEncryptedAs(found.encryption, place) ? [] : [name];
  });
  return new Set((await Promise.all(looked)).flat());
}

export async function publishedValues(place: Place, manifest: Manifest | undefined): Promise<Json> {
  const pinned = manifest?.objects.find(({ name }) => name === VALUES_NAME);
  const stored = pinned && (await place.bucket.read(pinned.key, pinned.versionId));
  if (stored === undefined) return {};
  try {
    return JSON.parse(stored.content.toString('utf8')) as Json;
  } catch {
    return {};
  }
}
