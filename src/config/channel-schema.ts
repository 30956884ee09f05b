import * as z from 'zod';
import { EXPORT_FORMATS } from '../model/channel.ts';
import { DAYS_RULE, parseDays } from './durations.ts';
import { account, age, duration, kmsKey, region, roleArn, text } from './schema-parts.ts';

const targets = z.strictObject({
  /** Absent: the account of the credentials that bake runs with. */
  account: account.optional(),
  /** Assumed in that account. */
  role: roleArn.optional(),
  regions: z.array(region).min(1, 'is empty; name a region').readonly(),
  /** How another account gets images: it owns copies, or may launch ours. */
  mode: z.enum(['copy', 'share']).optional(),
  /** Encrypts the copies: in all regions of the entry, or in each its own. */
  kmsKey: kmsKey.optional(),
  kmsKeys: z.record(z.string(), kmsKey).optional(),
});

const channelNames = z.array(z.string()).readonly();

/** What must be true of a version first. A list: channels that hold it. */
const requires = z.union(
  [
    channelNames,
    z.strictObject({
      channels: channelNames.optional(),
      tried: z
        .union([z.boolean(), z.strictObject({ within: age })], { error: 'is neither true nor { within }' })
        .optional(),
      regionConfig: z.boolean().optional(),
    }),
  ],
  { error: 'is neither a list of channels nor { channels, tried, regionConfig }' },
);

const OF_ORGANIZATION = 'arn:aws[a-z-]*:organizations::\\d{12}';
const organization = text(
  new RegExp(`^${OF_ORGANIZATION}:organization/o-[a-z0-9]{10,32}$`),
  'the ARN of an organization (arn:aws:organizations::<account>:organization/o-…)',
);
const organizationalUnit = text(
  new RegExp(`^${OF_ORGANIZATION}:ou/o-[a-z0-9]{10,32}/ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}$`),
  'the ARN of an organizational unit (arn:aws:organizations::<account>:ou/o-…/ou-…)',
);

/** Who else may launch what is in the own account. */
const share = z.strictObject({
  accounts: z.array(account).readonly().optional(),
  organizations: z.array(organization).readonly().optional(),
  organizationalUnits: z.array(organizationalUnit).readonly().optional(),
  public: z.boolean().optional(),
});

/** Where consumers look up the current image. */
const pointers = z.strictObject({
  /** Patterns. */
  parameter: z.string().optional(),
  launchTemplate: z.string().optional(),
  files: z
    .array(z.strictObject({ path: z.string(), format: z.enum(EXPORT_FORMATS) }))
    .readonly()
    .optional(),
});

/** A named set of targets, with the rules of bringing images there. */
export const channel = z.strictObject({
  targets: z.array(targets).min(1, 'is empty; name at least one target').readonly(),
  requires: requires.optional(),
  /** `manual`: somebody confirms by name. */
  approval: z.enum(['none', 'manual']).optional(),
  share: share.optional(),
  pointers: pointers.optional(),
  /** After the source image was made. */
  deprecateAfter: z
    .string(`is not ${DAYS_RULE}`)
    .refine((value) => parseDays(value) !== undefined, `is not ${DAYS_RULE}`)
    .optional(),
  deregistrationProtection: z
    .union([z.boolean(), z.literal('with-cooldown')], { error: "is neither true, false nor 'with-cooldown'" })
    .optional(),
  /** What is not ready then is a failure of that target. */
  targetTimeLimit: duration.optional(),
  /** At a time to one region and account. */
  snapshotCopies: z
    .int('is not a whole number')
    .min(1, 'is less than 1')
    .max(20, 'is more than the 20 that EC2 copies at a time to one region')
    .optional(),
});

export type WrittenChannel = z.input<typeof channel>;
