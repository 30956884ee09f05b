import type { OwnedBucket } from './bucket-properties.ts';
import { isAwsError } from './errors.ts';
import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  type S3Client,
} from './sdk/s3.ts';

/** What is removed from a bucket by age. */
export interface Lifecycle {
  /** First part of all keys that are ours, with its slash; empty: all are. */
  readonly prefix: string;
  /** Objects below this key are removed as well, and not only versions of them that were written over. */
  readonly expires: string;
  readonly days: number;
}

/** Nothing here removes the newest version of what is not below `expires`. */
function rulesOf({ prefix, expires, days }: Lifecycle): readonly LifecycleRule[] {
  const common = { Status: 'Enabled' as const, NoncurrentVersionExpiration: { NoncurrentDays: days } };
  return [
    { ID: `bake-versions:${prefix}`, Filter: { Prefix: prefix }, ...common },
    { ID: `bake-expired:${prefix}`, Filter: { Prefix: expires }, ...common, Expiration: { Days: days } },
  ];
}

export async function hasLifecycle(client: S3Client, owned: OwnedBucket, wanted: Lifecycle): Promise<boolean> {
  const there = new Set((await currentRules(client, owned)).map(essence));
  return rulesOf(wanted).every((rule) => there.has(essence(rule)));
}

/** The call replaces all rules, and somebody else may have put some there. */
export async function giveLifecycle(client: S3Client, owned: OwnedBucket, wanted: Lifecycle): Promise<void> {
  const ours = rulesOf(wanted);
  const names = new Set(ours.map(({ ID }) => ID));
  const others = (await currentRules(client, owned)).filter(({ ID }) => !names.has(ID));
  const LifecycleConfiguration = { Rules: [...others, ...ours] };
  await client.send(new PutBucketLifecycleConfigurationCommand({ ...owned, LifecycleConfiguration }));
}

async function currentRules(client: S3Client, owned: OwnedBucket): Promise<readonly LifecycleRule[]> {
  try {
    return (await client.send(new GetBucketLifecycleConfigurationCommand(owned))).Rules ?? [];
  } catch (error) {
    if (isAwsError(error, 'NoSuchLifecycleConfiguration')) return [];
    throw error;
  }
}

/** What a rule does, whatever else S3 says of it. */
function essence({ ID, Status, Filter, Expiration, NoncurrentVersionExpiration }: LifecycleRule): string {
  const { NoncurrentDays } = NoncurrentVersionExpiration ?? {};
  return JSON.stringify([ID, Status, Filter?.Prefix ?? '', Expiration?.Days ?? null, NoncurrentDays ?? null]);
}
