import type { RecordStore, Records } from '../effects.ts';
import { recordsIn } from '../records.ts';
import { within } from './within.ts';

export interface SharedRecords {
  /** Of this machine. */
  readonly near: RecordStore;
  /** Finds the state bucket; undefined: there is none to be used. */
  readonly far: () => Promise<RecordStore | undefined>;
  /** Told once: after that, nothing more is read from the bucket. */
  readonly failed: (error: unknown) => void;
  /** Milliseconds for what is asked of the bucket: a record is worth no wait. */
  readonly limit: number;
}

/** Records of this machine, and where it has none those of the bucket. A bucket that fails fails nothing. */
export function sharedRecords({ near, far, failed, limit }: SharedRecords): Records {
  const here = recordsIn(near);
  let lost = false;
  const ask = async <T>(question: (records: Records) => Promise<T>): Promise<T | undefined> => {
    try {
      return await within(limit, async () => {
        const store = await far();
        return store && question(recordsIn(store));
      });
    } catch (error) {
      if (!lost) failed(error);
      lost = true;
      return undefined;
    }
  };
  return {
    async save(imageId, fingerprint, record) {
      // Tried also after a look has failed: a bake takes its time.
      const kept = await Promise.allSettled([
        here.save(imageId, fingerprint, record),
        ask((there) => there.save(imageId, fingerprint, record)),
      ]);
      if (kept[0].status === 'rejected') throw kept[0].reason;
    },
    async read(imageId, fingerprint) {
      const found = await here.read(imageId, fingerprint);
      return found ?? (lost ? undefined : ask((there) => there.read(imageId, fingerprint)));
    },
    async bakedWith(fingerprint) {
      const found = await here.bakedWith(fingerprint);
      return found ?? (lost ? undefined : ask((there) => there.bakedWith(fingerprint)));
    },
  };
}
