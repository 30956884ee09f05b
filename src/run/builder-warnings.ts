import type { Unprotected } from '../model/guarded.ts';
import type { PlanWarning } from '../model/plan.ts';

/** What a layer has baked and no override keeps: found by comparing, so scripts count, which the linter cannot follow. */
export function unprotectedWarning({ layer, paths, effect, advice }: Unprotected): PlanWarning {
  // Layers have no spaces in their names: that is what pinning the packages has changed, `package pin`.
  const who = layer.includes(' ') ? `the ${layer}` : `layers/${layer}`;
  return {
    code: 'not-protected',
    message: `${who} has changed ${paths.join(', ')}: ${effect}`,
    hint: advice,
  };
}

export function notPinnedWarning(source: string): PlanWarning {
  return {
    code: 'source-not-pinned',
    message: `packages from ${source} are not pinned: it is no archive of the distribution`,
    hint: 'Name the versions of what a layer installs from it.',
  };
}
