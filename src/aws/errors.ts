import { targetId } from '../model/channel.ts';
import { BakeError } from '../model/errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { Site } from '../model/promotion.ts';
import type { AwsConnection } from './connection.ts';

interface Verdict {
  readonly code: string;
  readonly says: (what: string, where: string) => string;
  readonly hint: string;
  readonly blame: 'user' | 'cloud';
}

const CREDENTIALS_HINT =
  'Sign in (aws sso login, or new keys), choose a profile with AWS_PROFILE, or rehearse without an account: add --sandbox.';
const NETWORK_HINT =
  'Check the network, AWS_ENDPOINT_URL and the region, then run the same command again: it goes on where it was.';

/** What goes wrong at AWS, by error name, and what to do about it. Names from the SDK and from EC2's list of codes. */
const VERDICTS: readonly (readonly [names: readonly string[], verdict: Verdict])[] = [
  [
    ['CredentialsProviderError', 'TokenProviderError', 'MissingAuthenticationToken'],
    {
      code: 'credentials-missing',
      says: (what, where) => `no AWS credentials were found to ${what} in ${where}`,
      hint: CREDENTIALS_HINT,
      blame: 'user',
    },
  ],
  [
    ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'SignatureDoesNotMatch', 'InvalidAccessKeyId'],
    {
      code: 'credentials-refused',
      says: (what, where) => `AWS refused the credentials to ${what} in ${where}: they are expired or wrong`,
      hint: CREDENTIALS_HINT,
      blame: 'user',
    },
  ],
  [
    // What a region that is not enabled says too: it knows no credentials of the account.
    ['AuthFailure', 'InvalidClientTokenId', 'UnrecognizedClientException'],
    {
      code: 'credentials-refused',
      says: (what, where) =>
        `AWS refused the credentials to ${what} in ${where}: they are expired or wrong, or the region is not enabled for the account`,
      hint: `${CREDENTIALS_HINT} If they work in other regions, enable this one for the account, or correct \`region\`.`,
      blame: 'user',
    },
  ],
  [
    ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException'],
    {
      code: 'access-denied',
      says: (what, where) => `these credentials may not ${what} in ${where}`,
      hint: 'Add the permission to the role, or use another one.',
      blame: 'user',
    },
  ],
  [
    ['OptInRequired', 'InvalidRegion', 'UnknownEndpoint'],
    {
      code: 'region-not-usable',
      says: (what, where) => `could not ${what}: ${where} does not exist or is not enabled for this account`,
      hint: 'Correct `region` in the configuration, or enable the region for the account.',
      blame: 'user',
    },
  ],
  [
    ['RequestLimitExceeded', 'SlowDown', 'Throttling', 'ThrottlingException', 'TooManyRequestsException'],
    {
      code: 'throttled',
      says: (what, where) => `could not ${what}: AWS kept throttling in ${where}`,
      hint: "Run the same command again in some minutes; something else uses up the account's calls.",
      blame: 'cloud',
    },
  ],
  [
    [
      'ECONNREFUSED',
      'ECONNRESET',
      'EPIPE',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'TimeoutError',
      'NetworkingError',
    ],
    {
      code: 'endpoint-unreachable',
      says: (what, where) => `could not ${what}: no answer from ${where}`,
      hint: NETWORK_HINT,
      blame: 'cloud',
    },
  ],
  [
    ['ENOTFOUND', 'EAI_AGAIN'],
    {
      code: 'endpoint-unknown',
      says: (what, where) => `could not ${what}: the address of ${where} cannot be found`,
      hint: `Is the region right? ${NETWORK_HINT}`,
      blame: 'user',
    },
  ],
];

/** An SDK error as one of ours; `what` says what was being done, as in `list images`. */
export function awsError(
  cause: unknown,
  what: string,
  connection: Pick<AwsConnection, 'region' | 'endpoint'>,
): BakeError {
  if (cause instanceof BakeError) return cause;
  const where = whereOf(connection);
  const names = namesOf(cause);
  const verdict = VERDICTS.find(([known]) => known.some((name) => names.includes(name)))?.[1];
  const said = saidBy(cause);
  if (verdict !== undefined) {
    const { code, hint, blame } = verdict;
    return new BakeError({
      code,
      message: verdict.says(what, where),
      hint,
      details: [`${names[0]}: ${said}`],
      blame,
      cause,
    });
  }
  return new BakeError({
    code: 'aws-call-failed',
    message: `could not ${what} in ${where}: ${names[0]}: ${said}`,
    hint: 'Run the same command again; nothing that was finished is lost.',
    blame: 'cloud',
    cause,
  });
}

function saidBy(cause: unknown): string {
  if (isWithoutBody(cause)) return 'the answer gives no reason';
  return cause instanceof Error ? cause.message : String(cause);
}

/** Runs calls whose errors become ours; see `awsError` for `what`. */
export const attempting =
  (connection: Pick<AwsConnection, 'region' | 'endpoint'>) =>
  async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (cause) {
      throw awsError(cause, what, connection);
    }
  };

/** For work in more than one account: errors name it. */
export const attemptingAt = (site: Site, connection: Pick<AwsConnection, 'endpoint'>) =>
  attempting({ ...connection, region: targetId(site) });

export function imageNotFound(imageId: string, connection: Pick<AwsConnection, 'region' | 'endpoint'>): BakeError {
  return new BakeError({
    code: 'image-not-found',
    message: `there is no image ${imageId} in ${whereOf(connection)}`,
    hint: 'bake list shows the images that there are; was this one deregistered meanwhile?',
    blame: 'user',
  });
}

export function wrongAccount(site: Site, caller: AccountId): BakeError {
  return new BakeError({
    code: 'wrong-account',
    message: `these credentials are of account ${caller}, and the target is ${targetId(site)}`,
    hint: 'Name the role to assume there (channels.….targets[].role), or use credentials of that account.',
    blame: 'user',
  });
}

/** What EC2 says of a launch whose instance profile does not exist; emulators of it answer as IAM does. */
export function isProfileMissing(error: unknown): boolean {
  if (isAwsError(error, 'NoSuchEntity')) return true;
  return isAwsError(error, 'InvalidParameterValue') && /iamInstanceProfile\.name/i.test((error as Error).message);
}

export function instanceProfileNotFound(
  profile: string,
  connection: Pick<AwsConnection, 'region' | 'endpoint'>,
  cause: unknown,
): BakeError {
  return new BakeError({
    code: 'instance-profile-not-found',
    message: `could not launch an instance in ${whereOf(connection)}: there is no instance profile ${profile}`,
    hint: 'Correct `regionConfig.instanceProfile` or `build.instanceProfile` of the image, or create it; one that was made just now may take a minute.',
    details: [String(cause)],
    blame: 'user',
    cause,
  });
}

/** Is this EC2's error of that name? For answers that are expected and not failures. */
export function isAwsError(error: unknown, ...names: readonly string[]): boolean {
  return namesOf(error).some((name) => names.includes(name));
}

/** The SDK puts EC2's code in `name`, Node its own in `code`, and connection errors may hide one level deeper. */
function namesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return ['unknown'];
  const { code, cause } = error as Error & { code?: unknown };
  const inner = cause instanceof Error ? namesOf(cause) : [];
  const name = isWithoutBody(error) ? nameOfStatus(error) : error.name;
  return [name, ...(typeof code === 'string' ? [code] : []), ...inner];
}

/** To a HEAD there is no body that would name the error, and the SDK has only the status then. */
const isWithoutBody = (error: unknown): boolean => error instanceof Error && error.name === 'Unknown';

function nameOfStatus(error: Error & { readonly $metadata?: { readonly httpStatusCode?: number } }): string {
  const status = error.$metadata?.httpStatusCode;
  if (status === undefined) return error.name;
  return status === 403 ? 'AccessDenied' : `status ${status}`;
}

function whereOf({ region, endpoint }: Pick<AwsConnection, 'region' | 'endpoint'>): string {
  const at = endpoint ?? process.env.AWS_ENDPOINT_URL_EC2 ?? process.env.AWS_ENDPOINT_URL;
  return at ? `${region} at ${at}` : region;
}
