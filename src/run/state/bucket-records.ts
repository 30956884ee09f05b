import type { RecordStore } from '../effects.ts';
import { parseRecord } from '../records.ts';
import { type StatePlace, textObject } from './place.ts';

const SUFFIX = '.json';

export const recordsPrefix = (prefix: string): string => `${prefix}records/`;

/** Records in the state bucket, `records/<fingerprint>/<image id>.json`. */
export function createBucketRecords({ bucket, prefix }: Pick<StatePlace, 'bucket' | 'prefix'>): RecordStore {
  const root = recordsPrefix(prefix);
  const keyOf = (name: string) => `${root}${name}${SUFFIX}`;
  return {
    async names(fingerprint) {
      const keys = await bucket.list(fingerprint === undefined ? root : `${root}${fingerprint}/`);
      return keys.filter((key) => key.endsWith(SUFFIX)).map((key) => key.slice(root.length, -SUFFIX.length));
    },
    async read(name) {
      return (await bucket.read(keyOf(name)))?.content.toString('utf8');
    },
    async write(name, record) {
      await bucket.write(textObject(keyOf(name), record));
    },
  };
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * Uploads what is here and not there, and says how many those were. What is as old as what the bucket removes stays here:
 * it would go up again for ever.
 */
export async function uploadMissing(
  near: RecordStore,
  far: RecordStore,
  { now, keepDays, signal }: { readonly now: Date; readonly keepDays: number; readonly signal: AbortSignal },
): Promise<number> {
  let uploaded = 0;
  for (const name of await missingNames(near, far)) {
    signal.throwIfAborted();
    const record = await near.read(name);
    const startedAt = Date.parse(parseRecord(record)?.startedAt ?? '');
    if (record === undefined || !(now.getTime() - startedAt < keepDays * DAY)) continue;
    await far.write(name, record);
    uploaded += 1;
  }
  return uploaded;
}

/** Names of records that are here and not there. */
export async function missingNames(near: RecordStore, far: RecordStore): Promise<readonly string[]> {
  const here = await near.names();
  // Most often there is nothing here, and then the bucket need not be asked.
  if (here.length === 0) return [];
  const there = new Set(await far.names());
  return here.filter((name) => !there.has(name)).sort();
}
