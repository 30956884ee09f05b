import { mapBounded } from '../../model/bounded.ts';
import { type ErrorSummary, summarise } from '../../model/errors.ts';
import { notKnown } from './errors.ts';

/** Reads at a time. */
const MOST = 8;

/** Reads side by side, all of which have to succeed: `settle` throws when one has not, and names all that have not. */
export class Reads {
  readonly #signal: AbortSignal;
  readonly #failed: ErrorSummary[] = [];

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async each<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<readonly R[]> {
    const results = await mapBounded(items, MOST, async (item) => {
      try {
        this.#signal.throwIfAborted();
        return [await read(item)];
      } catch (error) {
        this.#failed.push(summarise(error));
        return [];
      }
    });
    return results.flat();
  }

  /** What was read shows that not all of it was. */
  missing(message: string, hint: string): void {
    this.#failed.push({ code: 'prune-read-partial', message, hint, blame: 'user' });
  }

  settle(): void {
    this.#signal.throwIfAborted();
    if (this.#failed.length > 0) throw notKnown(this.#failed);
  }
}
