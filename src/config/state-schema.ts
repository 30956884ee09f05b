import * as z from 'zod';
import { kmsKey, region } from './schema-parts.ts';

/** The bucket of records, of what channels hold, and of leases. */
export const state = z.strictObject({
  /** Name, with `{account}` and `{region}` where wanted. */
  bucket: z.string(),
  /** First part of the keys; absent: none. */
  prefix: z.string().optional(),
  /** Absent: the build region. */
  region: region.optional(),
  /** Absent: objects are encrypted with keys that S3 keeps. */
  kmsKey: kmsKey.optional(),
  /** Age at which records and versions that were written over are removed. */
  keepDays: z.int('is not a whole number of days').min(1, 'is less than a day').optional(),
});

export type WrittenState = z.input<typeof state>;
