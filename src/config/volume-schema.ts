import * as z from 'zod';
import { kmsKey, text } from './schema-parts.ts';

const snapshot = text(/^snap-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, 'a snapshot id such as snap-0123456789abcdef0');

/** A data volume. A child writes only what is different from its parent's. */
const volume = z.strictObject({
  /** Absent: the first of `/dev/sdf` to `/dev/sdp` that is free. */
  device: text(
    /^\/dev\/(?:sd[b-z]|xvd[b-z]|xvd[b-d][a-z])$/,
    'a device name for data volumes such as /dev/sdf or /dev/xvdf',
  ).optional(),
  /** Required where the parent does not have the volume. */
  sizeGiB: z.int('is not a whole number of GiB').optional(),
  type: z.enum(['gp3', 'gp2', 'io1', 'io2', 'st1', 'sc1', 'standard']).optional(),
  /** Required for io1 and io2. */
  iops: z.int('is not a whole number').optional(),
  /** MiB/s; gp3 only. */
  throughput: z.int('is not a whole number of MiB/s').optional(),
  /** Absent: as the account's default says. */
  encrypted: z.boolean().optional(),
  /** KMS key id, `alias/…` or ARN; implies `encrypted`. */
  kmsKey: kmsKey.optional(),
  /**
   * `true`: what layers write to it becomes a snapshot of the AMI. `false`: layers do not see it, and each instance gets
   * an empty one. An id: as `true`, and it starts from that snapshot.
   */
  snapshot: z
    .union([z.boolean(), snapshot], {
      error: 'is neither true nor false nor a snapshot id such as snap-0123456789abcdef0',
    })
    .optional(),
  /** Whether it ends with its instance. */
  deleteOnTermination: z.boolean().optional(),
});

/** By name. */
export const volumes = z.record(z.string(), volume);

export type WrittenVolume = z.input<typeof volume>;
export type WrittenVolumes = z.input<typeof volumes>;
