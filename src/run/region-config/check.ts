import { createHash } from 'node:crypto';
import { summarise } from '../../model/errors.ts';
import { PLACE_CHECKS, type PlaceCheck, type PlaceReport } from '../../model/publishing.ts';
import type { Manifest } from '../../model/region-manifest.ts';
import { contentDigest } from '../../plan/region-config.ts';
import { isEncrypted } from '../buckets.ts';
import type { BucketPlace, BucketProperties } from '../region-effects.ts';
import { bucketProblem } from './errors.ts';
import { isEncryptedAs, placeOf } from './look.ts';
import { currentManifest } from './manifests.ts';
import type { Place } from './place.ts';

type Name = PlaceCheck['name'];

/** Whether instances at this place will find what they should: reads everything that they would read, and the bucket. */
export async function checkPlace(place: Place): Promise<PlaceReport> {
  const found = new Map<Name, PlaceCheck>();
  const say = (name: Name, miss: string | undefined, detail?: string): void => {
    const more = miss ?? detail;
    const status = miss === undefined ? 'ok' : 'missed';
    found.set(name, { name, status, ...(more === undefined ? {} : { detail: more }) });
  };
  const serial = await examine(place, say).catch((error: unknown) => {
    // What cannot be read is a miss of the first check that it leaves open.
    const open = PLACE_CHECKS.find((name) => !found.has(name)) ?? 'current';
    say(open, summarise(error).message);
    return null;
  });
  const checks = PLACE_CHECKS.map((name): PlaceCheck => found.get(name) ?? { name, status: 'unknown' });
  return { id: place.id, ...placeOf(place), ok: checks.every(({ status }) => status === 'ok'), serial, checks };
}

/** Of a place that could not even be reached, as with a role that cannot be assumed. */
export function notReached(place: Pick<Place, 'id' | 'publication'>, error: unknown): PlaceReport {
  const checks = PLACE_CHECKS.map((name): PlaceCheck => {
    return name === 'account'
      ? { name, status: 'missed', detail: summarise(error).message }
      : { name, status: 'unknown' };
  });
  return { id: place.id, ...placeOf(place), ok: false, serial: null, checks };
}

type Say = (name: Name, miss: string | undefined, detail?: string) => void;

async function examine(place: Place, say: Say): Promise<number | null> {
  const bucket = await place.bucket.find();
  if (bucket.at !== 'there') {
    sayWhere(place, bucket, say);
    return null;
  }
  say('bucket', undefined);
  say('region', undefined);
  say('account', undefined);
  sayProperties(place, await place.bucket.properties(), say);
  const { manifest } = await currentManifest(place);
  if (manifest === undefined) {
    say('manifest', 'nothing was pushed yet');
    return null;
  }
  say('manifest', ownDigest(manifest), `serial ${manifest.serial}`);
  const wrong = (await Promise.all(manifest.objects.map((object) => wrongWith(place, object)))).flat();
  say('objects', wrong.length === 0 ? undefined : wrong.join('; '), `${manifest.objects.length} objects`);
  const isCurrent = manifest.content === contentDigest(place.publication.objects);
  say('current', isCurrent ? undefined : 'differs from the configuration');
  return manifest.serial;
}

function sayWhere(place: Place, found: Exclude<BucketPlace, { at: 'there' }>, say: Say): void {
  const { message } = bucketProblem(place, found);
  if (found.at === 'nowhere') say('bucket', message);
  else {
    say('bucket', undefined);
    if (found.at === 'elsewhere') say('region', message);
    else say('account', message);
  }
}

function sayProperties(place: Place, properties: BucketProperties, say: Say): void {
  const { versioned, encryption, blocksPublic, policyIsPublic } = properties;
  say('versioned', versioned ? undefined : 'versioning is off');
  const by = encryption?.algorithm ?? 'nothing';
  say(
    'encrypted',
    isEncrypted(properties, place.publication) ? undefined : `encrypted by ${by}, not by the key configured`,
    by,
  );
  const miss = policyIsPublic ? 'its policy makes it public' : 'public access is not blocked';
  say('private', blocksPublic && !policyIsPublic ? undefined : miss);
}

function ownDigest(manifest: Manifest): string | undefined {
  return contentDigest(manifest.objects) === manifest.content
    ? undefined
    : 'its content digest is not that of its list';
}

async function wrongWith(place: Place, object: Manifest['objects'][number]): Promise<readonly string[]> {
  const stored = await place.bucket.read(object.key, object.versionId);
  if (stored === undefined) return [`${object.name} is gone`];
  const sha256 = createHash('sha256').update(stored.content).digest('hex');
  const differs = stored.content.length !== object.size || sha256 !== object.sha256;
  return [
    ...(differs ? [`${object.name} is not what the manifest says`] : []),
    ...(isEncryptedAs(stored.encryption, place) ? [] : [`${object.name} is encrypted in another way`]),
  ];
}
