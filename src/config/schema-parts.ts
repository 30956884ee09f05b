import * as z from 'zod';
import { parseRegion } from '../model/ids.ts';
import type { Json } from '../model/image.ts';
import { AGE_RULE, DURATION_RULE, parseAge, parseDuration } from './durations.ts';

// A message says what the value is not, so that it reads on from the value: `"us" is not a region such as us-east-1`.
export const text = (pattern: RegExp, rule: string) => z.string().regex(pattern, `is not ${rule}`);

export const region = z
  .string()
  .refine((value) => parseRegion(value) !== undefined, 'is not a region such as us-east-1');

/** Twelve digits; a number would lose its leading zeros. */
export const account = text(/^\d{12}$/, 'an account: twelve digits in quotes');

export const duration = z
  .union([z.string(), z.number()], { error: `is not ${DURATION_RULE}` })
  .refine((value) => parseDuration(value) !== undefined, `is not ${DURATION_RULE}`);

export const age = z
  .union([z.string(), z.number()], { error: `is not ${AGE_RULE}` })
  .refine((value) => parseAge(value) !== undefined, `is not ${AGE_RULE}`);

/** Of a file on a machine. */
export const fileOwner = text(/^(?:[a-z_][a-z0-9_-]{0,31}|\d{1,10})$/, 'the name or number of an account');

/** Any JSON; `rules/json.ts` says where it is not, which a schema of JSON cannot. */
export const variables = z.record(
  z.string(),
  z.custom<Json>(() => true),
);

export const kmsKey = text(
  /^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[\w/-]+|alias\/[\w/-]+|(?:mrk-)?[0-9a-f-]{32,36})$/,
  'a KMS key id, alias or ARN',
);

export const roleArn = text(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'the ARN of a role');

export const instanceProfile = text(/^[\w+=,.@-]{1,128}$/, 'an instance profile name');
