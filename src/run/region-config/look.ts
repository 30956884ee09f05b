import type { Json } from '../../model/image.ts';
import type { PlacePlan } from '../../model/publishing.ts';
import { type Manifest, objectKey, VALUES_NAME } from '../../model/region-manifest.ts';
import { type PushPlan, planPush } from '../../plan/region-config.ts';
import { changedValues } from '../../plan/region-values.ts';
import { BUCKET_FEATURES, type BucketFeature, type BucketProperties, type UsedEncryption } from '../region-effects.ts';
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
  const gives = createBuckets ? await lacking(place, creates) : [];
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

async function lacking(place: Place, creates: boolean): Promise<readonly BucketFeature[]> {
  if (creates) return BUCKET_FEATURES;
  const [properties, tagged] = await Promise.all([place.bucket.properties(), place.bucket.isTagged()]);
  const has: Partial<Record<BucketFeature, boolean>> = {
    versioning: properties.versioned,
    encryption: isEncrypted(properties, place),
    'public access block': properties.blocksPublic,
    owner: properties.ownerEnforced,
    // A bucket with tags was finished, or is somebody else's, and they are theirs; one without may be left half made.
    tags: tagged,
  };
  return BUCKET_FEATURES.filter((feature) => has[feature] !== true);
}

/** Whether what is put into the bucket is encrypted by default; with a key, if one is configured. */
export function isEncrypted({ encryption }: BucketProperties, { publication: { kmsKey } }: Place): boolean {
  if (kmsKey === undefined) return encryption !== undefined;
  return encryption?.algorithm.startsWith('aws:kms') === true && isSameKey(encryption.key, kmsKey);
}

/** Whether an object is encrypted as the configuration says: instances may be allowed no other key. */
export function isEncryptedAs(used: UsedEncryption | undefined, { publication: { kmsKey } }: Place): boolean {
  if (kmsKey === undefined) return used?.algorithm === 'AES256';
  return used?.algorithm.startsWith('aws:kms') === true && isSameKey(used.key, kmsKey);
}

/** Which key is behind an alias, only KMS could tell: beside a key's own ARN, any alias counts as its name. */
function isSameKey(used: string | undefined, wanted: string): boolean {
  if (used === undefined || used === wanted) return true;
  return isAlias(used) !== isAlias(wanted);
}

const isAlias = (key: string): boolean => /(?:^|:)alias\//.test(key);

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
