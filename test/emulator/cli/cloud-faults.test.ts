import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { expectOneError } from '../../helpers/cli-errors.ts';
import { ec2Error, proxy } from '../../helpers/cli-proxy.ts';
import { Project } from '../../helpers/project.ts';

const keys = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };

let project: Project;
beforeAll(async () => {
  project = await Project.create();
});
afterAll(() => project[Symbol.asyncDispose]());

it.each([
  ['RequestExpired', 400, 'credentials-refused', /AWS refused the credentials/],
  ['AuthFailure', 401, 'credentials-refused', /AWS refused the credentials/],
  ['UnauthorizedOperation', 403, 'access-denied', /these credentials may not/],
  ['OptInRequired', 401, 'region-not-usable', /us-east-1 .*not enabled for this account/],
  ['RequestLimitExceeded', 503, 'throttled', /AWS kept throttling/],
  ['InternalError', 500, 'aws-call-failed', /InternalError/],
])('explains %s', async (name, status, code, says) => {
  const body = ec2Error(name, `${name} as EC2 says it`);
  await using refusing = await proxy({ answer: () => ({ status, body }) });
  const { stdout, stderr } = await project.bake(['base', '--json'], { ...keys, AWS_ENDPOINT_URL: refusing.url });
  expect(stderr).toBe('');
  expect(resultOf(stdout)).toMatchObject({
    ok: false,
    exitCode: 1,
    error: { code, message: expect.stringMatching(says), hint: expect.any(String) },
  });
  expect(stdout).toContain(`${name} as EC2 says it`);
});

it.each(['plan', 'list', 'show base', 'base', 'service api', 'update'])(
  'explains an endpoint that is not there to %s',
  async (args) => {
    // Port 1 is nobody's.
    const { code, stdout, stderr } = await project.bake(args.split(' '), {
      ...keys,
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expectOneError(stderr, /no answer from us-east-1 at http:\/\/127\.0\.0\.1:1$/m);
  },
);

it.each(['plan', 'list', 'base', 'update'])('explains to %s that there are no credentials', async (args) => {
  const { code, stdout, stderr } = await project.bake([args]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expectOneError(stderr, /no AWS credentials were found to .* in us-east-1$/m);
  expect(stderr).toMatch(/→ .*--sandbox/);
});
