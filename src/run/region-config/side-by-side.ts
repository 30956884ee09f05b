import { mapBounded } from '../../model/bounded.ts';
import { BakeError, summarise } from '../../model/errors.ts';
import type { Emit } from '../../model/events.ts';
import type { PlaceId, PlaceOutcome } from '../../model/publishing.ts';

/** Places at once. */
const MOST = 8;

interface Identified {
  readonly id: PlaceId;
}

interface Seen<P, T> {
  readonly place: P;
  readonly look: T;
}

export interface Looks<P, T> {
  readonly seen: readonly Seen<P, T>[];
  readonly unseen: readonly { readonly place: P; readonly error: unknown }[];
}

/** Looks at every place; one that cannot be looked at does not hide the others. */
export async function lookAtAll<P extends Identified, T>(
  places: readonly P[],
  look: (place: P) => Promise<T>,
): Promise<Looks<P, T>> {
  const looked = await mapBounded(places, MOST, async (place) => {
    try {
      return { seen: [{ place, look: await look(place) }], unseen: [] };
    } catch (error) {
      return { seen: [], unseen: [{ place, error }] };
    }
  });
  return { seen: looked.flatMap(({ seen }) => seen), unseen: looked.flatMap(({ unseen }) => unseen) };
}

/** Does to each place what was found to be done; the places are independent, and so are their failures. */
export async function actOnAll<P extends Identified, T>(
  looks: readonly Seen<P, T>[],
  act: (look: T) => Promise<PlaceOutcome>,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, PlaceOutcome>> {
  const outcomes = await mapBounded(looks, MOST, async ({ place: { id }, look }) => {
    const started = performance.now();
    emit({ type: 'place-started', id });
    const outcome = await outcomeOf(() => act(look), signal);
    emit({ type: 'place-finished', id, outcome, seconds: (performance.now() - started) / 1000 });
    return [id, outcome] as const;
  });
  return new Map(outcomes);
}

async function outcomeOf(act: () => Promise<PlaceOutcome>, signal: AbortSignal): Promise<PlaceOutcome> {
  try {
    signal.throwIfAborted();
    // The SDK may go on trying for a minute; a call that is cut off leaves nothing half done.
    return await Promise.race([act(), aborted(signal)]);
  } catch (error) {
    if (!signal.aborted) return { status: 'failed', error: summarise(error) };
    const { reason } = signal;
    return { status: 'cancelled', because: reason instanceof BakeError ? reason.message : 'interrupted' };
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
