import { mapBounded } from '../../model/bounded.ts';
import { BakeError, summarise } from '../../model/errors.ts';
import type { Emit } from '../../model/events.ts';
import type { RetiredVersion, RetireOutcome, RetireStep, VersionId } from '../../model/prune.ts';
import type { PruneEffects } from '../prune-effects.ts';

/** Versions that are worked on at a time. */
const MOST = 4;

/** The steps of one version, one after the other. */
export interface Work {
  readonly id: VersionId;
  /** These have to be done well before. */
  readonly after: readonly VersionId[];
  readonly steps: readonly RetireStep[];
  readonly outcome: RetireOutcome;
}

export const workOf = ({ id, after, steps, deregisterAfter }: RetiredVersion): Work => ({
  id,
  after,
  steps,
  outcome: deregisterAfter === undefined ? { status: 'deregistered' } : { status: 'retired', deregisterAfter },
});

/** Does all of it. What fails leaves the others to finish, but for those that have to come after it. */
export async function carryOut(
  works: readonly Work[],
  { at }: Pick<PruneEffects, 'at'>,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<ReadonlyMap<VersionId, RetireOutcome>> {
  const begun = new Map<VersionId, Promise<RetireOutcome>>();
  const one = async (work: Work): Promise<RetireOutcome> => {
    const before = await Promise.all(work.after.map(async (id) => ({ id, outcome: await begun.get(id) })));
    // Also what is not among the works: nobody has done it.
    const failed = before.find(({ outcome }) => outcome === undefined || isUndone(outcome));
    if (failed !== undefined) return { status: 'cancelled', because: `${failed.id} comes first, and was not done` };
    try {
      for (const step of work.steps) {
        signal.throwIfAborted();
        emit({ type: 'retire-step', id: work.id, step });
        await at(step.site).take(step);
      }
      return work.outcome;
    } catch (error) {
      if (!signal.aborted) return { status: 'failed', error: summarise(error) };
      const { reason } = signal;
      return { status: 'cancelled', because: reason instanceof BakeError ? reason.message : 'interrupted' };
    }
  };
  const outcomes = await mapBounded(inOrder(works), MOST, async (work) => {
    const started = performance.now();
    emit({ type: 'retire-started', id: work.id });
    const running = one(work);
    begun.set(work.id, running);
    const outcome = await running;
    emit({ type: 'retire-finished', id: work.id, outcome, seconds: (performance.now() - started) / 1000 });
    return [work.id, outcome] as const;
  });
  return new Map(outcomes);
}

const isUndone = ({ status }: RetireOutcome): boolean => status === 'failed' || status === 'cancelled';

/** Whatever comes after another is behind it, so that nobody waits for what is not begun. */
function inOrder(works: readonly Work[]): readonly Work[] {
  const byId = new Map(works.map((work) => [work.id, work]));
  const ordered = new Set<Work>();
  const add = (work: Work): void => {
    for (const id of work.after) {
      const first = byId.get(id);
      if (first !== undefined && !ordered.has(first)) add(first);
    }
    ordered.add(work);
  };
  for (const work of works) add(work);
  return [...ordered];
}
