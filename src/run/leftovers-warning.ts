import type { PlanWarning } from '../model/plan.ts';

/** Something that a run has made could not be removed at its end. */
export const leftoversWarning = (message: string): PlanWarning => ({
  code: 'leftovers',
  message,
  hint: 'bake sweep lists what is left once the run is over; bake sweep --yes removes it.',
});
