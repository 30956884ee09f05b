import { setTimeout as sleep } from 'node:timers/promises';
import { BakeError } from '../model/errors.ts';
import type { Site } from '../model/promotion.ts';
import type { BucketFeature, BucketPlace, BucketProperties, RegionBucket } from './region-effects.ts';

/** Which bucket it is meant to be. */
export interface BucketOf {
  readonly target: Site;
  /** Its name. */
  readonly bucket: string;
  readonly kmsKey?: string | undefined;
}

/** What a bucket is to be given, of these features. */
export async function lackingFeatures(
  bucket: RegionBucket,
  wanted: BucketOf,
  features: readonly BucketFeature[],
  creates: boolean,
): Promise<readonly BucketFeature[]> {
  if (creates) return features;
  const [properties, tags, lifecycle] = await Promise.all([
    bucket.properties(),
    bucket.tags(),
    features.includes('lifecycle') ? bucket.hasLifecycle() : true,
  ]);
  const has: Readonly<Record<BucketFeature, boolean>> = {
    versioning: properties.versioned,
    encryption: isEncrypted(properties, wanted),
    'public access block': properties.blocksPublic,
    owner: properties.ownerEnforced,
    // A bucket with tags was finished, or is somebody else's, and they are theirs; one without may be left half made.
    tags: Object.keys(tags).length > 0,
    lifecycle,
  };
  return features.filter((feature) => !has[feature]);
}

/** Whether what is put into the bucket is encrypted by default; with a key, if one is configured. */
export function isEncrypted({ encryption }: BucketProperties, { kmsKey }: Pick<BucketOf, 'kmsKey'>): boolean {
  if (kmsKey === undefined) return encryption !== undefined;
  return encryption?.algorithm.startsWith('aws:kms') === true && isSameKey(encryption.key, kmsKey);
}

/** Which key is behind an alias, only KMS could tell: beside a key's own ARN, any alias counts as its name. */
export function isSameKey(used: string | undefined, wanted: string): boolean {
  if (used === undefined || used === wanted) return true;
  return isAlias(used) !== isAlias(wanted);
}

const isAlias = (key: string): boolean => /(?:^|:)alias\//.test(key);

export interface Preparing {
  readonly signal: AbortSignal;
  readonly changed: (change: 'create' | BucketFeature) => void;
  readonly problem: (found: Exclude<BucketPlace, { at: 'there' }>) => BakeError;
}

/** Every step may be repeated, so one that was stopped in between is finished by the next run. */
export async function prepareBucket(
  bucket: RegionBucket,
  { creates, gives }: { readonly creates: boolean; readonly gives: readonly BucketFeature[] },
  { signal, changed, problem }: Preparing,
): Promise<void> {
  if (creates) {
    signal.throwIfAborted();
    await bucket.create();
    await untilThere(bucket, signal, problem);
    changed('create');
  }
  for (const feature of gives) {
    signal.throwIfAborted();
    await bucket.give(feature);
    changed(feature);
  }
}

/** Looks at a bucket that was just made, a second apart: S3 needs some to know it everywhere. */
const LOOKS = 20;

async function untilThere(bucket: RegionBucket, signal: AbortSignal, problem: Preparing['problem']): Promise<void> {
  for (let look = 1; ; look++) {
    const found = await bucket.find();
    if (found.at === 'there') return;
    if (found.at !== 'nowhere' || look === LOOKS) throw problem(found);
    await sleep(1000, undefined, { signal });
  }
}

/** Why a bucket is not where it is meant to be, with what to do where it is nowhere or elsewhere. */
export function problemOfBucket(
  { bucket, target: { account, region } }: BucketOf,
  found: Exclude<BucketPlace, { at: 'there' }>,
  hints: { readonly nowhere: string; readonly elsewhere: string },
): BakeError {
  switch (found.at) {
    case 'nowhere':
      return new BakeError({
        code: 'bucket-missing',
        message: `there is no bucket ${bucket} for account ${account} in ${region}`,
        hint: hints.nowhere,
        blame: 'user',
      });
    case 'elsewhere':
      return new BakeError({
        code: 'bucket-elsewhere',
        message: `bucket ${bucket} is in ${found.region ?? 'another region'}, not in ${region}`,
        hint: hints.elsewhere,
        blame: 'user',
      });
    case 'refused':
      return new BakeError({
        code: 'bucket-refused',
        message: `bucket ${bucket} is not account ${account}'s, or these credentials may not read it`,
        hint: `Is its name right? Bucket names are global, and somebody else may have it. Else let the role read it.`,
        details: [found.reason],
        blame: 'user',
      });
  }
}
