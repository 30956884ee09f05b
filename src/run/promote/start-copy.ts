import { BakeError } from '../../model/errors.ts';
import type { AmiId } from '../../model/ids.ts';
import type { CopyRequest } from '../../model/promotion.ts';
import type { Clock } from '../effects.ts';
import type { Desk } from './desk.ts';

/** A permission that was given just now is not known everywhere yet. */
const UNKNOWN_YET = ['access-denied', 'image-not-found'];
const TRIES = 4;

export interface Starting {
  readonly request: CopyRequest;
  /** Another account's source. */
  readonly foreign: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly pollSeconds: number;
}

/** The region may be busy with copies that are not ours: then it is asked again until the deadline. */
export async function startCopy({ images }: Desk, starting: Starting): Promise<AmiId> {
  const { request, foreign, signal, clock, pollSeconds } = starting;
  for (let refused = 0; ; ) {
    signal.throwIfAborted();
    try {
      return await images.copy(request);
    } catch (error) {
      const code = error instanceof BakeError ? error.code : '';
      if (foreign && UNKNOWN_YET.includes(code)) refused++;
      else if (code !== 'copy-quota') throw error;
      if (refused === TRIES) throw error;
      await clock.sleep(pollSeconds * 1000, signal);
    }
  }
}
