import { CreateTagsCommand, DescribeInstancesCommand, DescribeKeyPairsCommand } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, outcome } from '../helpers/interference.ts';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => server.control('POST', 'reset'));

const LIMIT = 'RequestLimitExceeded';
/** Sends it until it is refused, and says how often it was let through. */
async function countUntilRefused(send: () => Promise<unknown>): Promise<number> {
  for (let count = 0; count < 1000; count += 1) {
    if ((await outcome(send())) === LIMIT) return count;
  }
  return Number.POSITIVE_INFINITY;
}

const Resources = ['ami-00000000000000000'];
const tag = (ec2 = server.ec2()) => ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'a', Value: 'b' }] }));
const list = (ec2 = server.ec2()) => ec2.send(new DescribeKeyPairsCommand({}));

it('is off, and lets any number of requests through', async () => {
  expect(await ask(server, 'throttle')).toEqual({ version: 1, enabled: false, scale: 1, refused: 0 });
});

it('has one bucket for reads, one for each change that AWS counts by itself, for each account and region', async () => {
  // So slow that nothing comes back while the test runs: sizes of one token.
  await ask(server, 'throttle', { enabled: true, scale: 1e-6 });
  expect([await outcome(list()), await outcome(list())]).toEqual(['done', LIMIT]);
  expect(await outcome(server.ec2().send(new DescribeInstancesCommand({ MaxResults: 5 })))).toBe(LIMIT);
  // All instances at once count elsewhere.
  expect(await outcome(server.ec2().send(new DescribeInstancesCommand({})))).toBe('done');
  expect(await outcome(tag())).not.toBe(LIMIT);
  expect(await outcome(tag())).toBe(LIMIT);
  expect(await outcome(list(server.ec2('us-east-1')))).toBe('done');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sts = new STSClient({ region: 'us-east-1', endpoint: server.endpoint, credentials });
  const RoleArn = 'arn:aws:iam::111122223333:role/r';
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 's' }));
  const theirs = { accessKeyId: Credentials?.AccessKeyId ?? '', secretAccessKey: Credentials?.SecretAccessKey ?? '' };
  expect(await outcome(list(server.ec2('eu-central-1', theirs)))).toBe('done');
  expect(await ask(server, 'throttle')).toMatchObject({ refused: 3 });
});

it('answers 503, and fills up again', async () => {
  await ask(server, 'throttle', { enabled: true, scale: 0.1 });
  expect(await countUntilRefused(tag)).toBeGreaterThanOrEqual(10);
  await expect(tag()).rejects.toMatchObject({ name: LIMIT, $metadata: { httpStatusCode: 503 } });
  await until(async () => (await outcome(tag())) !== LIMIT, 30_000);
  await ask(server, 'throttle', { enabled: false });
  expect(await outcome(tag())).not.toBe(LIMIT);
});

it('refuses what it cannot be set to', async () => {
  await expect(ask(server, 'throttle', { enabled: 'yes' })).rejects.toThrow('400: throttle takes {enabled');
  await expect(ask(server, 'throttle', { enabled: true, scale: 0 })).rejects.toThrow('400: throttle takes {enabled');
});
