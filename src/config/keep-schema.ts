import * as z from 'zod';
import { age } from './schema-parts.ts';

/** Which versions `bake prune` leaves alone whatever refers to them. */
export const keep = z.strictObject({
  /** Newest versions. */
  last: z.int('is not a whole number').min(1, 'is less than 1').optional(),
  /** Younger than so many days, or launched within them. */
  days: z.int('is not a whole number of days').min(1, 'is less than a day').optional(),
  /** Between retiring and deregistering. */
  grace: age.optional(),
});

export type WrittenKeep = z.input<typeof keep>;
