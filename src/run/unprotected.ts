import type { Unprotected } from '../model/guarded.ts';
import type { PlanWarning } from '../model/plan.ts';

/** What a layer has baked and no override keeps: found by comparing, so scripts count, which the linter cannot follow. */
export function unprotectedWarning({ layer, paths, effect, advice }: Unprotected): PlanWarning {
  return {
    code: 'not-protected',
    message: `layers/${layer} has changed ${paths.join(', ')}: ${effect}`,
    hint: advice,
  };
}
