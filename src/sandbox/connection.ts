import { devNull } from 'node:os';
import type { SandboxInfo } from './server-info.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How to talk to a sandbox as if it were AWS. */
export interface SandboxConnection {
  readonly endpoint: string;
  readonly account: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** For the processes that are started. A variable that must not reach them is empty, which all SDKs take as unset. */
  readonly env: Readonly<Record<string, string>>;
}

/** The account that the sandbox takes every caller for who has assumed no role. */
const ACCOUNT = '123456789012';

/** They open nothing: anything is accepted, and a name that says so cannot be mistaken for a leak. */
const CREDENTIALS = { accessKeyId: 'AKIASANDBOXSANDBOX00', secretAccessKey: 'sandbox-secret-opens-nothing' };

/** Whose keys sign: those of somebody in the sandbox's own IAM, where the caller names them, to try what they may do. */
function keysIn({ BAKE_SANDBOX_ACCESS_KEY_ID: id, BAKE_SANDBOX_SECRET_ACCESS_KEY: secret }: Environment) {
  return id === undefined || secret === undefined ? CREDENTIALS : { accessKeyId: id, secretAccessKey: secret };
}

/** Where SDKs would find real credentials, or a way round the endpoint. */
const CLEARED = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
];

/**
 * What other code needs to use the sandbox. The region stays the configured one. `inherited` tells which endpoints of
 * single services the caller's environment names, as those would win over the sandbox's.
 */
export function sandboxConnection(info: SandboxInfo, inherited: Environment = process.env): SandboxConnection {
  const perService = Object.keys(inherited).filter((name) => name.startsWith('AWS_ENDPOINT_URL_'));
  const credentials = keysIn(inherited);
  return {
    endpoint: info.endpoint,
    account: ACCOUNT,
    credentials,
    env: {
      ...Object.fromEntries([...CLEARED, ...perService].map((name) => [name, ''])),
      AWS_ENDPOINT_URL: info.endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  };
}
