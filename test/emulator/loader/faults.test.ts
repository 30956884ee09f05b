import { expect, it } from 'vitest';
import { CREDENTIALS, type Disturb, FakeAws, type Fault, REGION, s3Error } from '../../helpers/fake-aws.ts';
import { LoaderMachine } from '../../helpers/loader-machine.ts';
import { sampled } from '../../helpers/sampled.ts';

const ONE = { values: { database: { host: 'db.one' } }, files: { 'limits.conf': 'one, and some more of it\n' } };
const TWO = { values: { database: { host: 'db.two' } }, files: { 'limits.conf': 'two, and some more of it\n' } };

const HOUR = 3_600_000;
const firstOfEach =
  (times: number, fault: Fault): Disturb =>
  (_, __, sameUrl) =>
    sameUrl < times ? fault : undefined;
const only =
  (part: string, fault: Fault, times = Number.POSITIVE_INFINITY): Disturb =>
  ({ url }, _, sameUrl) =>
    url.includes(part) && sameUrl < times ? fault : undefined;
const either =
  (...faults: readonly Disturb[]): Disturb =>
  (seen, count, sameUrl) =>
    faults[count % faults.length]?.(seen, count, sameUrl);

const flipped = (body: Buffer) =>
  Buffer.concat([body.subarray(0, 5), Buffer.from([(body[5] ?? 0) ^ 1]), body.subarray(6)]);
const truncated = (body: Buffer) => body.subarray(0, Math.floor(body.length / 2));
const cut = (length: number): Fault => ({ change: truncated, length });

/** Faults that pass: the loader gets over them by itself. */
const PASSING: readonly (readonly [string, (aws: FakeAws) => void])[] = [
  ['403 at first, as role credentials are', (aws) => (aws.s3Fault = firstOfEach(4, s3Error(403, 'AccessDenied')))],
  ['a key that S3 does not know yet', (aws) => (aws.s3Fault = firstOfEach(2, s3Error(403, 'InvalidAccessKeyId')))],
  ['credentials that expire', (aws) => (aws.s3Fault = firstOfEach(1, s3Error(400, 'ExpiredToken')))],
  ['a version that S3 does not know yet', (aws) => (aws.s3Fault = firstOfEach(2, s3Error(404, 'NoSuchVersion')))],
  ['a manifest that S3 does not know yet', (aws) => (aws.s3Fault = firstOfEach(2, s3Error(404, 'NoSuchKey')))],
  ['503', (aws) => (aws.s3Fault = firstOfEach(3, s3Error(503, 'SlowDown')))],
  ['500 without a body', (aws) => (aws.s3Fault = firstOfEach(3, { status: 500, body: '' }))],
  ['resets', (aws) => (aws.s3Fault = firstOfEach(3, { cut: true }))],
  [
    '503 and resets',
    (aws) => (aws.s3Fault = either(firstOfEach(4, { cut: true }), firstOfEach(4, s3Error(503, 'SlowDown')))),
  ],
  ['truncated bodies', (aws) => (aws.s3Fault = firstOfEach(2, cut(10_000)))],
  ['a byte flipped once', (aws) => (aws.s3Fault = only('limits.conf', { change: flipped }, 1))],
  ['a byte of the manifest flipped once', (aws) => (aws.s3Fault = only('manifest.json', { change: flipped }, 1))],
  ['a clock an hour behind', (aws) => (aws.clock = HOUR)],
  ['a clock an hour ahead', (aws) => (aws.clock = -HOUR)],
  ['a slow metadata service', (aws) => (aws.imdsFault = () => ({ slow: 300 }))],
  ['a metadata service that is busy', (aws) => (aws.imdsFault = firstOfEach(2, { status: 503, body: '' }))],
  ['a metadata service that answers late', (aws) => (aws.imdsFault = firstOfEach(1, { slow: 1500 }))],
  ['no metadata service at first', (aws) => (aws.imdsFault = firstOfEach(3, { cut: true }))],
  ['a role that comes later', (aws) => (aws.imdsFault = only('security-credentials/', { status: 404, body: '' }, 3))],
  [
    'credentials that come later',
    (aws) => (aws.imdsFault = only('app%20role', { status: 200, body: '{"Code":"AssumeRoleUnauthorizedAccess"}' }, 2)),
  ],
];

it.concurrent.each(sampled(PASSING, 6, 'faults that pass'))('gets over %s', async (_, disturb) => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws, { deadline: 60 });
  const { content } = aws.publish(ONE);
  disturb(aws);
  expect(await machine.run('load')).toMatchObject({ code: 0, stderr: '' });
  expect(await machine.current()).toBe(content);
});

it('asks for another metadata token when its own has expired', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  const { content } = aws.publish(ONE);
  let expired = 0;
  aws.imdsFault = ({ url }) => {
    if (url.endsWith('security-credentials/') && expired < 2) {
      expired += 1;
      aws.expireTokens();
    }
    return undefined;
  };
  expect(await machine.run('load')).toMatchObject({ code: 0 });
  expect(expired).toBe(2);
  expect(await machine.current()).toBe(content);
});

/** Faults that stay, and the word that names each. */
const LASTING: readonly (readonly [reason: string, (aws: FakeAws) => unknown])[] = [
  ['bucket-missing', (aws) => (aws.bucket = 'another')],
  ['key-missing', (aws) => aws.remove('api/manifest.json')],
  ['key-missing', (aws) => aws.remove('api/files/limits.conf')],
  ['key-missing', (aws) => (aws.s3Fault = only('limits.conf', s3Error(404, 'NoSuchVersion')))],
  ['access-denied', (aws) => (aws.s3Fault = only('limits.conf', s3Error(403, 'AccessDenied')))],
  ['access-denied', (aws) => (aws.owner = '999999999999')],
  ['credentials-refused', (aws) => (aws.s3Fault = () => s3Error(403, 'InvalidAccessKeyId'))],
  [
    'wrong-region',
    (aws) =>
      (aws.s3Fault = () =>
        s3Error(301, 'PermanentRedirect', {
          'x-amz-bucket-region': 'us-east-1',
          Location: `http://${aws.s3Address}/elsewhere`,
        })),
  ],
  [
    'wrong-region',
    (aws) =>
      (aws.s3Fault = () => ({
        status: 400,
        body: '<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-east-1</Region></Error>',
      })),
  ],
  ['s3-unavailable', (aws) => aws.stop('s3')],
  ['s3-unavailable', (aws) => (aws.s3Fault = () => s3Error(503, 'SlowDown'))],
  ['s3-unavailable', (aws) => (aws.s3Fault = () => cut(10_000))],
  ['s3-refused', (aws) => (aws.s3Fault = () => s3Error(400, 'InvalidRequest'))],
  ['clock-skew', (aws) => (aws.s3Fault = () => s3Error(403, 'RequestTimeTooSkewed'))],
  ['content-corrupted', (aws) => (aws.s3Fault = only('limits.conf', { change: flipped }))],
  ['content-corrupted', (aws) => (aws.s3Fault = only('limits.conf', { change: truncated }))],
  [
    'content-corrupted',
    (aws) => (aws.s3Fault = only('limits.conf', { change: (body) => Buffer.concat([body, body]) })),
  ],
  ['content-corrupted', (aws) => (aws.s3Fault = only('manifest.json', { change: flipped }))],
  ['manifest-invalid', (aws) => aws.put('api/manifest.json', '{"version": 1}')],
  [
    'wrong-image',
    (aws) => aws.put('api/manifest.json', '{"version": 1, "image": "worker", "serial": 1, "objects": []}'),
  ],
  ['values-invalid', (aws) => aws.publish({ values: [1], files: {} })],
  ['required-missing', (aws) => aws.publish({ values: { database: {} }, files: {} })],
  ['no-role', (aws) => (aws.role = undefined)],
  ['metadata-unreachable', (aws) => aws.stop('imds')],
  ['metadata-unreachable', (aws) => (aws.imdsFault = () => ({ slow: 60_000 }))],
  ['metadata-unreachable', (aws) => (aws.imdsFault = only('identity', { status: 401, body: '' }))],
  ['metadata-refused', (aws) => (aws.imdsFault = only('token', { status: 403, body: '' }))],
  ['metadata-refused', (aws) => (aws.imdsFault = only('identity', { status: 200, body: '<html>' }))],
];
const numbered = LASTING.map(([reason, disturb], index) => [index + 1, reason, disturb] as const);

it.concurrent.each(sampled(numbered, 8, 'faults that stay'))(
  '%i: %s, and fail-closed holds the service back with a config and without',
  async (_, reason, disturb) => {
    await using aws = await FakeAws.start();
    await using machine = await LoaderMachine.create(aws, { required: ['database.host'], deadline: 3 });
    await using fresh = await LoaderMachine.create(aws, { required: ['database.host'], deadline: 3 });
    const { content } = aws.publish(ONE);
    expect(await machine.run('load')).toMatchObject({ code: 0 });
    aws.publish(TWO);
    await disturb(aws);

    const [refreshed, first] = await Promise.all([machine.run('refresh'), fresh.run('load')]);
    expect(refreshed).toMatchObject({ code: 1, reason, stderr: '' });
    expect(first).toMatchObject({ code: 1, reason, stderr: '' });
    for (const { said } of [refreshed, first]) expect(said.split('\n')).toHaveLength(1);
    expect(await fresh.current()).toBeUndefined();
    expect(await fresh.state()).toMatchObject({ error: { reason } });
    // What runs goes on with what it has.
    expect(await machine.current()).toBe(content);
    expect(await machine.text('files/limits.conf')).toBe(ONE.files['limits.conf']);
    expect(await machine.actions()).toEqual([]);
    expect(await machine.state()).toMatchObject({ serial: 1, content, error: { reason } });
    expect(await machine.run('load')).toMatchObject({ code: 1, reason });
    expect(await machine.current()).toBe(content);
  },
);

const WITH_LAST = ['access-denied', 's3-unavailable', 'metadata-unreachable', 'no-role', 'manifest-invalid'];

it.each(sampled(WITH_LAST, 1, 'faults with last-known-good'))(
  'with last-known-good, %s starts the service on what there is, and not on nothing',
  async (reason) => {
    await using aws = await FakeAws.start();
    await using machine = await LoaderMachine.create(aws, { policy: 'last-known-good', deadline: 3 });
    await using fresh = await LoaderMachine.create(aws, { policy: 'last-known-good', deadline: 3 });
    const { content } = aws.publish(ONE);
    await machine.run('load');
    await LASTING.find(([name]) => name === reason)?.[1](aws);
    if (reason === 'access-denied') aws.s3Fault = () => s3Error(403, 'AccessDenied');
    expect(await fresh.run('load')).toMatchObject({ code: 1, reason });
    const { code, said } = await machine.run('load');
    expect(code).toBe(0);
    expect(said).toContain(`region-config kept the last good config: reason="${reason}"`);
    expect(await machine.current()).toBe(content);
    expect((await machine.run('status')).code).toBe(1);
    await machine.write('state/current/values.env', 'DATABASE_HOST="db.elsewhere"\n');
    expect(await machine.run('load')).toMatchObject({ code: 1, reason });
  },
);

it('names the region that a bucket is in, and follows no redirect', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  aws.s3Fault = () =>
    s3Error(307, 'TemporaryRedirect', { 'x-amz-bucket-region': 'us-east-1', Location: `http://${aws.s3Address}/x` });
  const { said } = await machine.run('load');
  expect(said).toContain(`the bucket is in us-east-1, not in ${REGION}`);
  expect(aws.requests.filter(({ service }) => service === 's3')).toHaveLength(1);
});

it.each([
  ['without a token', { Code: 'Failed', Message: 'no token today', ...CREDENTIALS, Token: undefined }],
  ['cut short', { Code: 'Failed', Message: 'no token today', ...CREDENTIALS }],
])('tells why there are no credentials, and never what the document holds: %s', async (how, document) => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  const text = JSON.stringify(document);
  const body = how === 'cut short' ? text.slice(0, -10) : text;
  aws.imdsFault = only('app%20role', { status: 200, body });
  const { reason, said } = await machine.run('load');
  expect(reason).toBe('no-role');
  expect(said).toContain('role app role has no credentials: Failed, no token today');
  expect(JSON.stringify([said, await machine.state()])).not.toContain(CREDENTIALS.SecretAccessKey);
});

it('stops trying at its deadline', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws, { deadline: 1 });
  aws.s3Fault = ({ url }) => (url.includes('manifest') ? { slow: 30_000 } : undefined);
  const started = performance.now();
  expect(await machine.run('load')).toMatchObject({ code: 1, reason: 's3-unavailable' });
  expect(performance.now() - started).toBeLessThan(25_000);
});
