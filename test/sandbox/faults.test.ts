import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CreateKeyPairCommand, DeleteKeyPairCommand, DescribeKeyPairsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, callsAfter, type FaultRule, heldCalls, outcome, setFaults } from '../helpers/interference.ts';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => server.control('POST', 'reset'));

const settings = () => ({
  region: 'us-east-1',
  endpoint: server.endpoint,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
});
const s3 = () => new S3Client({ ...settings(), forcePathStyle: true });
const create = (KeyName: string, ec2 = server.ec2()) => ec2.send(new CreateKeyPairCommand({ KeyName }));
const keys = async (ec2 = server.ec2()) =>
  (await ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs?.map((key) => key.KeyName);
const failing = (code: string, more: Partial<FaultRule> = {}): FaultRule => ({
  do: { fail: { code, status: 503, message: 'as <told>' } },
  ...more,
});

describe('a failure', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['ec2', () => create('k')],
    ['s3', () => s3().send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }))],
    ['ssm', () => new SSMClient(settings()).send(new GetParameterCommand({ Name: '/p' }))],
    [
      'sts',
      () =>
        new STSClient(settings()).send(
          new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::111122223333:role/r', RoleSessionName: 's' }),
        ),
    ],
  ])('of %s is known to its SDK by code, status and message', async (service, call) => {
    await setFaults(server, [failing('SomeCode', { match: { service } })]);
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'SomeCode', message: 'as <told>', $metadata: { httpStatusCode: 503 } });
    expect((await callsAfter(server, 0)).at(-1)).toMatchObject({ status: 503, errorCode: 'SomeCode', fault: 'fail' });
  });

  it('of KMS names its type as JSON 1.1 does', async () => {
    await setFaults(server, [failing('KMSInternalException', { match: { service: 'kms', action: 'DescribeKey' } })]);
    const authorization = 'AWS4-HMAC-SHA256 Credential=test/20261101/us-east-1/kms/aws4_request, Signature=0';
    const answer = await fetch(server.endpoint, {
      method: 'POST',
      headers: {
        authorization,
        'x-amz-target': 'TrentService.DescribeKey',
        'content-type': 'application/x-amz-json-1.1',
      },
      body: '{"KeyId":"k"}',
    });
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { __type: 'KMSInternalException', message: 'as <told>' },
    ]);
  });

  it('of a HEAD has no body', async () => {
    await setFaults(server, [failing('SlowDown')]);
    const answer = s3().send(new HeadObjectCommand({ Bucket: 'b', Key: 'k' }));
    await expect(answer).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
  });

  it('comes before the effect or after it', async () => {
    await setFaults(server, [
      failing('Before', { match: { action: 'CreateKeyPair' }, nth: 1 }),
      failing('After', { match: { action: 'CreateKeyPair' }, nth: 2, when: 'after' }),
    ]);
    expect([await outcome(create('one')), await outcome(create('two'))]).toEqual(['Before', 'After']);
    expect(await keys()).toEqual(['two']);
  });

  it('is met by an SDK that tries again', async () => {
    await setFaults(server, [failing('RequestLimitExceeded', { times: 2 })]);
    const ec2 = new EC2Client({ ...settings(), maxAttempts: 3 });
    expect(await outcome(create('k', ec2))).toBe('done');
    expect((await callsAfter(server, 0)).map((call) => call.status)).toEqual([503, 503, 200]);
  });
});

describe('a rule', () => {
  it('strikes what it matches, by pattern and parameter too, and counts', async () => {
    await setFaults(server, [
      failing('Action', { match: { service: 'ec2', action: 'Describe*' } }),
      failing('Mutating', { match: { mutating: true, region: 'us-east-1' } }),
      failing('Parameter', { match: { parameters: { KeyName: 'prod-*' } } }),
    ]);
    const results = [
      await outcome(keys()),
      await outcome(create('a', server.ec2('us-east-1'))),
      await outcome(create('prod-a')),
      await outcome(create('test-a')),
    ];
    expect(results).toEqual(['Action', 'Mutating', 'Parameter', 'done']);
    const { rules } = await ask<{ rules: { seen: number; hits: number }[] }>(server, 'faults');
    expect(rules.map((rule) => [rule.seen, rule.hits])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  it('strikes from the nth on, as often as it says', async () => {
    await setFaults(server, [failing('Struck', { match: { mutating: true }, nth: 2, times: 2 })]);
    const results: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      results.push(await outcome(create(name)));
      await outcome(keys());
    }
    expect(results).toEqual(['done', 'Struck', 'Struck', 'done']);
    await setFaults(server, []);
    expect(await outcome(create('e'))).toBe('done');
  });

  it.each<[string, unknown]>([
    ['the rules are a list', {}],
    ['a rule has', [{ do: { reset: true }, whne: 'after' }]],
    ['a match has', [{ match: { servcie: 'ec2' }, do: { reset: true } }]],
    ['a match is of texts', [{ match: { action: 5 }, do: { reset: true } }]],
    ['when is before or after', [{ when: 'later', do: { reset: true } }]],
    ['nth is a whole number', [{ nth: 0, do: { reset: true } }]],
    ['do has one of', [{ do: { explode: true } }]],
    ['fail is {code, status', [{ do: { fail: { code: 'X' } } }]],
  ])('that makes no sense is refused, and changes nothing: %s', async (words, rules) => {
    await setFaults(server, [failing('Kept')]);
    await expect(ask(server, 'faults', rules)).rejects.toThrow(`400: ${words}`);
    expect(await outcome(keys())).toBe('Kept');
  });
});

it.each(['before', 'after'] as const)('resets the connection %s the effect', async (when) => {
  await s3().send(new CreateBucketCommand({ Bucket: `cut-${when}` }));
  await setFaults(server, [{ match: { mutating: true }, times: 2, when, do: { reset: true } }]);
  await expect(create('k')).rejects.toMatchObject({ code: 'ECONNRESET' });
  const put = new PutObjectCommand({ Bucket: `cut-${when}`, Key: 'k', Body: Buffer.alloc(300_000) });
  await expect(s3().send(put)).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  expect(await keys()).toEqual(when === 'before' ? [] : ['k']);
  const calls = (await callsAfter(server, 0)).filter((call) => call.mutating && call.action !== 'CreateBucket');
  expect(calls).toMatchObject([
    { status: null, fault: 'reset' },
    { status: null, fault: 'reset' },
  ]);
});

it('delays a request, and others not', async () => {
  await setFaults(server, [{ match: { action: 'CreateKeyPair' }, nth: 1, do: { delaySeconds: 1 } }]);
  const order: string[] = [];
  const slow = create('slow').then(() => order.push('slow'));
  await until(async () => (await callsAfter(server, 0)).length > 0, 10_000);
  await create('fast').then(() => order.push('fast'));
  await slow;
  expect(order).toEqual(['fast', 'slow']);
});

describe('a request that is held', () => {
  const hold = (when: 'before' | 'after') =>
    setFaults(server, [{ match: { mutating: true }, nth: 1, when, do: { hold: true } }]);

  it('says so, goes on when it is released, and stops nobody else', async () => {
    await hold('before');
    const answer = outcome(create('held'));
    expect(await heldCalls(server, 30)).toMatchObject([{ action: 'CreateKeyPair', parameters: { KeyName: 'held' } }]);
    expect(await keys()).toEqual([]);
    expect(await ask(server, 'faults/release', {})).toMatchObject({ released: 1 });
    expect(await answer).toBe('done');
    expect([await keys(), await heldCalls(server, 0)]).toEqual([['held'], []]);
  });

  it.each([
    ['before', []],
    ['after', ['doomed']],
  ] as const)('%s its effect ends with a client that is killed', async (when, left) => {
    await hold(when);
    const script = `
      import { EC2Client, CreateKeyPairCommand } from '@aws-sdk/client-ec2';
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      const ec2 = new EC2Client({ region: 'eu-central-1', endpoint: process.argv[1], credentials });
      await ec2.send(new CreateKeyPairCommand({ KeyName: 'doomed' }));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, server.endpoint], { stdio: 'ignore' });
    expect(await heldCalls(server, 30)).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await ask(server, 'faults/release', {});
    await until(async () => (await heldCalls(server, 0)).length === 0, 10_000);
    expect(await keys()).toEqual(left);
    // What was done before the answer was lost is saved as if it had been given.
    expect(await server.end('SIGKILL')).toBe('SIGKILL');
    await server.start();
    expect(await keys()).toEqual(left);
  });

  it('does not keep the server from ending', async () => {
    await hold('before');
    const answer = outcome(create('held'));
    expect(await heldCalls(server, 30)).toHaveLength(1);
    expect(await server.end()).toBe(0);
    expect(await answer).not.toBe('done');
    await server.start();
    expect(await keys()).toEqual([]);
  });

  it('is forgotten by itself when its client gives up', async () => {
    await hold('before');
    const ec2 = server.ec2();
    const gone = new AbortController();
    const answer = outcome(ec2.send(new DeleteKeyPairCommand({ KeyName: 'k' }), { abortSignal: gone.signal }));
    expect(await heldCalls(server, 30)).toHaveLength(1);
    gone.abort();
    expect(await answer).toBe('AbortError');
    await until(async () => (await heldCalls(server, 0)).length === 0, 10_000);
  });
});
