import { summarise } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { Config } from '../model/image.ts';
import type { RecordStore, Records } from '../run/effects.ts';
import { createFileRecords, recordsIn } from '../run/records.ts';
import { createBucketRecords, uploadMissing } from '../run/state/bucket-records.ts';
import { stateBucketProblem } from '../run/state/errors.ts';
import { sharedRecords } from '../run/state/shared-records.ts';
import { within } from '../run/state/within.ts';
import type { Connected } from './connect.ts';
import { openState } from './open-state.ts';

/** Milliseconds. */
const LOOK_LIMIT = 15_000;
const UPLOAD_LIMIT = 60_000;

export interface OpenRecords {
  readonly records: Records;
  /** Uploads what is on this machine alone: of bakes before there was a bucket, or while it did not answer. */
  catchUp(signal: AbortSignal): Promise<void>;
}

/** Records of this machine and, where the configuration names one, of the state bucket; it is asked when it is needed. */
export function openRecords(config: Config, connected: Connected, emit: Emit): OpenRecords {
  const near = createFileRecords(connected.recordsDir);
  const { state } = config;
  if (state === undefined) return { records: recordsIn(near), catchUp: async () => {} };
  let opened: Promise<RecordStore> | undefined;
  const far = () => {
    opened ??= openBucketRecords(config, connected).catch((error: unknown) => {
      // The next who asks may find it.
      opened = undefined;
      throw error;
    });
    return opened;
  };
  let told = false;
  const failed = (error: unknown) => {
    if (told) return;
    told = true;
    const { message, hint } = summarise(error);
    const warning = { code: 'state-bucket-not-used', message: `records stay on this machine: ${message}` };
    emit({ type: 'warning', warning: { ...warning, ...(hint === undefined ? {} : { hint }) } });
  };
  return {
    records: sharedRecords({ near, far, failed, limit: LOOK_LIMIT }),
    async catchUp(signal) {
      try {
        await within(UPLOAD_LIMIT, async () => {
          return uploadMissing(near, await far(), { now: new Date(), keepDays: state.keepDays, signal });
        });
      } catch (error) {
        if (!signal.aborted) failed(error);
      }
    },
  };
}

async function openBucketRecords(config: Config, connected: Connected): Promise<RecordStore> {
  const place = await openState(config, connected);
  if (place === undefined) throw new Error('the configuration names no state bucket');
  const found = await place.bucket.find();
  if (found.at !== 'there') throw stateBucketProblem(place, found);
  return createBucketRecords(place);
}
