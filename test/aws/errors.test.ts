import { describe, expect, test, vi } from 'vitest';
import { awsError, imageNotFound, isAwsError } from '../../src/aws/errors.ts';
import { BakeError } from '../../src/model/errors.ts';

const CONNECTION = { region: 'eu-central-1' };
const named = (name: string, message = 'said so') => Object.assign(new Error(message), { name });
const coded = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe("the SDK's errors by name", () => {
  test.each<[string, code: string, blame: string]>([
    ['CredentialsProviderError', 'credentials-missing', 'user'],
    ['ExpiredToken', 'credentials-refused', 'user'],
    ['RequestExpired', 'credentials-refused', 'user'],
    ['AuthFailure', 'credentials-refused', 'user'],
    ['UnauthorizedOperation', 'access-denied', 'user'],
    ['AccessDeniedException', 'access-denied', 'user'],
    ['OptInRequired', 'region-not-usable', 'user'],
    ['RequestLimitExceeded', 'throttled', 'cloud'],
    ['ThrottlingException', 'throttled', 'cloud'],
    ['TimeoutError', 'endpoint-unreachable', 'cloud'],
    ['InvalidAMIID.NotFound', 'aws-call-failed', 'cloud'],
    ['InternalError', 'aws-call-failed', 'cloud'],
  ])('%s is %s', (name, code, blame) => {
    const cause = named(name);
    const error = awsError(cause, 'list images', CONNECTION);
    expect(error).toMatchObject({ code, blame, cause, hint: expect.stringMatching(/./) });
    expect(error.message).toContain('list images');
    expect(error.message).toContain('eu-central-1');
    expect([error.message, ...error.details].join()).toContain(`${name}: said so`);
  });
});

test.each(['AuthFailure', 'UnrecognizedClientException'])('%s may also mean a region that is not enabled', (name) => {
  const { message, hint } = awsError(named(name), 'list images', CONNECTION);
  expect(message).toContain('or the region is not enabled');
  expect(hint).toContain('enable this one for the account');
  expect(awsError(named('ExpiredToken'), 'list images', CONNECTION).message).not.toContain('not enabled');
});

describe("Node's errors by code, also one level deeper", () => {
  test.each<[string, string]>([
    ['ECONNREFUSED', 'endpoint-unreachable'],
    ['ECONNRESET', 'endpoint-unreachable'],
    ['ETIMEDOUT', 'endpoint-unreachable'],
    ['ENOTFOUND', 'endpoint-unknown'],
    ['EAI_AGAIN', 'endpoint-unknown'],
  ])('%s is %s', (code, verdict) => {
    for (const cause of [coded(code), new Error('fetch failed', { cause: coded(code) })]) {
      expect(awsError(cause, 'list images', CONNECTION).code).toBe(verdict);
    }
  });
});

test('an error of ours stays what it is', () => {
  const error = new BakeError({ code: 'no-default-vpc', message: 'x', blame: 'user' });
  expect(awsError(error, 'list images', CONNECTION)).toBe(error);
});

test('what is thrown and no error is told all the same', () => {
  expect(awsError('a string', 'list images', CONNECTION)).toMatchObject({ code: 'aws-call-failed' });
});

test('an endpoint of somebody else is named', () => {
  const at = (endpoint?: string) =>
    awsError(named('X'), 'list images', { ...CONNECTION, ...(endpoint === undefined ? {} : { endpoint }) }).message;
  expect(at('http://127.0.0.1:5000')).toContain('eu-central-1 at http://127.0.0.1:5000');
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:4566');
  expect(at()).toContain('http://127.0.0.1:4566');
  vi.unstubAllEnvs();
});

test('expected answers are told by name', () => {
  expect(isAwsError(named('InvalidKeyPair.Duplicate'), 'InvalidKeyPair.Duplicate')).toBe(true);
  expect(isAwsError(named('InvalidKeyPair.NotFound'), 'InvalidKeyPair.Duplicate')).toBe(false);
  expect(isAwsError('InvalidKeyPair.Duplicate', 'InvalidKeyPair.Duplicate')).toBe(false);
});

test('an image that is gone', () => {
  expect(imageNotFound('ami-1', CONNECTION)).toMatchObject({
    code: 'image-not-found',
    message: 'there is no image ami-1 in eu-central-1',
  });
});
