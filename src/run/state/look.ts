import { summarise } from '../../model/errors.ts';
import { STATE_CHECKS, type StateCheck } from '../../model/state.ts';
import { TAG } from '../../model/tags.ts';
import { isEncrypted, lackingFeatures, prepareBucket } from '../buckets.ts';
import { BUCKET_FEATURES, type BucketFeature } from '../region-effects.ts';
import { bucketOfAnotherProject, stateBucketProblem } from './errors.ts';
import type { StatePlace } from './place.ts';

/** What `bake state init` will do. */
export interface StateChanges {
  readonly creates: boolean;
  readonly gives: readonly BucketFeature[];
}

const FEATURES: readonly BucketFeature[] = [...BUCKET_FEATURES, 'lifecycle'];

/** Reads only. Throws what keeps the bucket from being the project's. */
export async function lookAtState(place: StatePlace): Promise<StateChanges> {
  const found = await place.bucket.find();
  const creates = found.at === 'nowhere';
  if (found.at !== 'there' && !creates) throw stateBucketProblem(place, found);
  const other = creates ? undefined : await otherProject(place);
  if (other !== undefined) throw bucketOfAnotherProject(place, other);
  return { creates, gives: await lackingFeatures(place.bucket, place.of, FEATURES, creates) };
}

export async function makeState(place: StatePlace, changes: StateChanges, signal: AbortSignal): Promise<void> {
  const problem = (found: Parameters<typeof stateBucketProblem>[1]) => stateBucketProblem(place, found);
  await prepareBucket(place.bucket, changes, { signal, changed: () => {}, problem });
}

/** Two projects without prefixes would take each other's channels for their own. */
async function otherProject({ bucket, project, prefix }: StatePlace): Promise<string | undefined> {
  if (prefix !== '') return undefined;
  const owner = (await bucket.tags())[TAG.project];
  return owner === project ? undefined : owner;
}

type Say = (name: StateCheck['name'], miss: string | undefined, detail?: string) => void;

/** Whether the bucket is as `bake state init` makes it. */
export async function checkState(place: StatePlace): Promise<readonly StateCheck[]> {
  const found = new Map<StateCheck['name'], StateCheck>();
  const say: Say = (name, miss, detail) => {
    const more = miss ?? detail;
    const status = miss === undefined ? 'ok' : 'missed';
    found.set(name, { name, status, ...(more === undefined ? {} : { detail: more }) });
  };
  await examine(place, say).catch((error: unknown) => {
    // What cannot be read is a miss of the first check that it leaves open.
    const open = STATE_CHECKS.find((name) => !found.has(name)) ?? 'bucket';
    say(open, summarise(error).message);
  });
  return STATE_CHECKS.map((name) => found.get(name) ?? { name, status: 'unknown' });
}

async function examine(place: StatePlace, say: Say): Promise<void> {
  const { bucket, of } = place;
  const at = await bucket.find();
  if (at.at !== 'there') {
    const name = at.at === 'nowhere' ? 'bucket' : at.at === 'elsewhere' ? 'region' : 'account';
    if (name !== 'bucket') say('bucket', undefined);
    return say(name, stateBucketProblem(place, at).message);
  }
  for (const name of ['bucket', 'region', 'account'] as const) say(name, undefined);
  const other = await otherProject(place);
  say('project', other === undefined ? undefined : bucketOfAnotherProject(place, other).message);
  const properties = await bucket.properties();
  say('versioned', properties.versioned ? undefined : 'versioning is off');
  const by = properties.encryption?.algorithm ?? 'nothing';
  say('encrypted', isEncrypted(properties, of) ? undefined : `encrypted by ${by}, not as configured`, by);
  const open = properties.policyIsPublic ? 'its policy makes it public' : 'public access is not blocked';
  say('private', properties.blocksPublic && !properties.policyIsPublic ? undefined : open);
  say('owner', properties.ownerEnforced ? undefined : 'access lists have a say');
  const tagged = Object.keys(await bucket.tags()).length > 0;
  say('tags', tagged ? undefined : 'it has none');
  say('lifecycle', (await bucket.hasLifecycle()) ? undefined : 'what is old is not removed as configured');
}
