import { mapBounded } from '../../model/bounded.ts';
import { BakeError, summarise } from '../../model/errors.ts';
import type { Emit } from '../../model/events.ts';
import type { PlaceId, PlaceOutcome } from '../../model/publishing.ts';

/** Places at once. */
const MOST = 8;

interface Identified {
  readonly id: PlaceId;
}

export type Looked<P, T> = { readonly place: P; readonly look: T } | { readonly place: P; readonly error: unknown };

/** Looks at every place; one that cannot be looked at does not hide the others. */
export function lookAtAll<P extends Identified, T>(
  places: readonly P[],
  look: (place: P) => Promise<T>,
): Promise<readonly Looked<P, T>[]> {
  return mapBounded(places, MOST, async (place): Promise<Looked<P, T>> => {
    try {
      return { place, look: await look(place) };
    } catch (error) {
      return { place, error };
    }
  });
}

/** Does to each place what was found to be done; the places are independent, and so are their failures. */
export async function actOnAll<P extends Identified, T>(
  looked: readonly Looked<P, T>[],
  act: (look: T) => Promise<PlaceOutcome>,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, PlaceOutcome>> {
  const outcomes = await mapBounded(looked, MOST, async (one) => {
    const started = performance.now();
    const { id } = one.place;
    emit({ type: 'place-started', id });
    const outcome = await outcomeOf(one, act, signal);
    emit({ type: 'place-finished', id, outcome, seconds: (performance.now() - started) / 1000 });
    return [id, outcome] as const;
  });
  return new Map(outcomes);
}

async function outcomeOf<T>(
  one: Looked<unknown, T>,
  act: (look: T) => Promise<PlaceOutcome>,
  signal: AbortSignal,
): Promise<PlaceOutcome> {
  try {
    if ('error' in one) throw one.error;
    signal.throwIfAborted();
    // The SDK may go on trying for a minute; a call that is cut off leaves nothing half done.
    return await Promise.race([act(one.look), aborted(signal)]);
  } catch (error) {
    if (!signal.aborted) return { status: 'failed', error: summarise(error) };
    const { reason } = signal;
    return { status: 'cancelled', because: reason instanceof BakeError ? reason.message : 'interrupted' };
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
