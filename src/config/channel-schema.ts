import { z } from 'zod';
import { account, region, text } from './schema-parts.ts';

const targets = z.strictObject({
  /** Absent: the account of the credentials that bake runs with. */
  account: account.optional(),
  /** Assumed in that account. */
  role: text(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'the ARN of a role').optional(),
  regions: z.array(region).min(1, 'is empty; name a region').readonly(),
});

/** A named set of targets. */
export const channel = z.strictObject({
  targets: z.array(targets).min(1, 'is empty; name at least one target').readonly(),
});
