import * as z from 'zod';
import { text } from './schema-parts.ts';

/** Where a secret is read: exactly one of `env`, `parameter`, `secretsManager`. */
const secret = z.strictObject({
  /** Environment variable of this machine. */
  env: text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable').optional(),
  /** SSM parameter of type SecureString. */
  parameter: text(/^[\w./:-]{1,2048}$/, 'the name or ARN of an SSM parameter').optional(),
  /** Name or ARN of a secret in Secrets Manager. */
  secretsManager: text(
    /^(?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[\w/+=.@-]{1,519}$/,
    'the name or ARN of a secret in Secrets Manager',
  ).optional(),
  /** Of a secret that is a JSON object, the member to take. */
  key: z.string().min(1, 'is empty').optional(),
});

/** By name: the files that an image's scripts find in `$BAKE_SECRETS`. */
export const secrets = z.record(z.string(), secret);

export type WrittenSecrets = z.input<typeof secrets>;
