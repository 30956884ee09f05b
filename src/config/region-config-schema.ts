import * as z from 'zod';
import { DURATION_RULE, parseDuration } from './durations.ts';
import { duration, instanceProfile, text, variables } from './schema-parts.ts';

const KEY_RULE = 'an alias (alias/…) or the ARN of a key or alias, with {region} and {account} where they differ';
const kmsKey = text(
  /^(?:arn:aws[a-z-]*:kms:(?:[a-z0-9-]+|\{region\}):(?:\d{12}|\{account\}):(?:key|alias)\/[\w/-]+|alias\/(?:[\w/-]|\{region\}|\{account\})+)$/,
  KEY_RULE,
);

const encryption = z.union(
  [z.literal('s3'), z.strictObject({ kmsKey }), z.strictObject({ kmsKeys: z.record(z.string(), kmsKey) })],
  { error: "is neither 's3' nor { kmsKey } nor { kmsKeys: { <region>: … } }" },
);

const refresh = z
  .union([z.string(), z.number()], { error: `is neither '0' (only when booting) nor ${DURATION_RULE}` })
  .refine(
    (value) => isNever(value) || parseDuration(value) !== undefined,
    `is neither '0' (only when booting) nor ${DURATION_RULE}`,
  );

export const isNever = (refresh: string | number): boolean => Number(refresh) === 0 && refresh !== '';

/** systemd stops a loader that takes longer, and no boot should. */
const deadline = duration.refine((value) => (parseDuration(value) ?? 0) <= 3600, 'is longer than an hour');

const valuesByName = z.record(z.string(), variables);

/** What instances load from the bucket of their own region. */
export const regionConfig = z.strictObject({
  /** Pattern with `{region}`, and `{account}` or `{channel}` where wanted. */
  bucket: z.string().optional(),
  /** Absent: the image's name. May hold `{channel}`. */
  prefix: z.string().optional(),
  encryption: encryption.optional(),
  /** Name on the machine → source file; `.hbs` is rendered. */
  files: z.record(z.string(), z.string()).optional(),
  values: variables.optional(),
  /** Merged over `values`, in this order. */
  regionValues: valuesByName.optional(),
  accountValues: valuesByName.optional(),
  channelValues: valuesByName.optional(),
  /** Dotted paths that every target must have. */
  required: z.array(z.string()).readonly().optional(),
  /** Dotted paths whose values have to be references, never the secrets themselves. */
  secrets: z.array(z.string()).readonly().optional(),
  /** By which instances may read the bucket; `bake try` launches with it. */
  instanceProfile: instanceProfile.optional(),
  /** The unit that needs the configuration. */
  service: text(/^[A-Za-z0-9][\w:.@-]{0,240}\.service$/, 'a service unit such as api.service').optional(),
  onChange: z
    .union(
      [
        z.enum(['reload-or-restart', 'restart', 'reload', 'none']),
        z.strictObject({ command: z.array(z.string()).min(1, 'is empty; name a program').readonly() }),
      ],
      { error: 'is neither reload-or-restart, restart, reload, none nor { command: […] }' },
    )
    .optional(),
  policy: z.enum(['fail-closed', 'last-known-good']).optional(),
  /** Group of the files on the machine. */
  group: text(/^[a-z_][a-z0-9_-]{0,31}$/, 'the name of a group').optional(),
  refresh: refresh.optional(),
  deadline: deadline.optional(),
});

export type WrittenRegionConfig = z.input<typeof regionConfig>;
