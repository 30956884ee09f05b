import { describe, expect, test } from 'vitest';
import type { ResolvedTarget } from '../../../src/model/channel.ts';
import { BakeError, exitCodeOf } from '../../../src/model/errors.ts';
import type { AccountId, ChannelName, Region } from '../../../src/model/ids.ts';
import type { RegionConfig } from '../../../src/model/region-config.ts';
import { type Publication, publications } from '../../../src/render/region-config/publication.ts';
import { MAX_MANIFEST, MAX_OBJECTS } from '../../../src/render/region-config/sizes.ts';
import { imageName, regionConfig } from '../../helpers/builders.ts';

const OURS = '111122223333';
const THEIRS = '444455556666';

const target = (account: string, region: string): ResolvedTarget => ({
  account: account as AccountId,
  region: region as Region,
  mode: 'copy',
});
const of = (channel: string, account: string, ...regions: readonly string[]) =>
  regions.map((region) => ({ channel: channel as ChannelName, target: target(account, region) }));

const TWO = of('staging', OURS, 'us-east-1', 'eu-west-1');
const BUCKET = 'acme-{account}-{region}';

function published(
  config: Partial<RegionConfig>,
  targets = TWO,
  sources: Readonly<Record<string, string | Buffer>> = {},
): readonly Publication[] {
  return publications({
    image: imageName('api'),
    config: regionConfig({ bucket: BUCKET, ...config }),
    targets,
    sources: new Map(Object.entries(sources).map(([name, content]) => [name, Buffer.from(content)])),
  });
}

function problemsOf(...request: Parameters<typeof published>): readonly string[] {
  try {
    published(...request);
    return [];
  } catch (error) {
    if (!(error instanceof BakeError)) throw error;
    expect([error.code, exitCodeOf(error)]).toEqual(['config-region-config', 2]);
    return error.details;
  }
}

const texts = ({ objects }: Publication) =>
  Object.fromEntries(objects.map(({ name, content }) => [name, content.toString('utf8')]));

test('each target gets its own values, merged region, account, channel over the common ones', () => {
  const config = {
    values: { log: 'info', database: { host: 'none', port: 5432 } },
    regionValues: { 'us-east-1': { database: { host: 'us' } }, 'eu-west-1': { database: { host: 'eu' } } },
    accountValues: { [OURS]: { log: 'warn', owner: 'us' } },
    channelValues: { staging: { owner: 'staging' } },
    files: { 'db.conf': 'region-config/db.conf.hbs', 'raw.bin': 'region-config/raw.bin' },
  };
  const raw = Buffer.from([0, 255, 128]);
  const all = published(config, TWO, {
    'region-config/db.conf.hbs': '{{database.host}}:{{database.port}} {{region}} {{account}} {{channel}}\n',
    'region-config/raw.bin': raw,
  });
  expect(all.map(({ bucket, prefix }) => `${bucket}/${prefix}`)).toEqual([
    `acme-${OURS}-us-east-1/api`,
    `acme-${OURS}-eu-west-1/api`,
  ]);
  expect(all.map((one) => texts(one)['files/db.conf'])).toEqual([
    `us:5432 us-east-1 ${OURS} staging\n`,
    `eu:5432 eu-west-1 ${OURS} staging\n`,
  ]);
  expect(all.map((one) => texts(one)['values.json'])).toEqual([
    '{"database":{"host":"us","port":5432},"log":"warn","owner":"staging"}',
    '{"database":{"host":"eu","port":5432},"log":"warn","owner":"staging"}',
  ]);
  expect(all[0]?.objects.map(({ name }) => name)).toEqual(['files/db.conf', 'files/raw.bin', 'values.json']);
  expect(all[0]?.objects[1]?.content).toEqual(raw);
});

test('keys are those of the region and the account', () => {
  const keys = { 'us-east-1': 'alias/a', 'eu-west-1': 'alias/b' };
  const key = 'arn:aws:kms:{region}:{account}:alias/config';
  const keysOf = (encryption: RegionConfig['encryption']) =>
    published({ values: { a: 1 }, encryption }).map(({ kmsKey }) => kmsKey);
  expect(keysOf({ by: 's3' })).toEqual([undefined, undefined]);
  expect(keysOf({ by: 'kms-per-region', keys })).toEqual(['alias/a', 'alias/b']);
  expect(keysOf({ by: 'kms', key })).toEqual([
    `arn:aws:kms:us-east-1:${OURS}:alias/config`,
    `arn:aws:kms:eu-west-1:${OURS}:alias/config`,
  ]);
});

test('a place that channels share is one, and it is of both', () => {
  const targets = [...of('staging', OURS, 'us-east-1'), ...of('prod', OURS, 'us-east-1')];
  expect(published({ values: { a: 1 } }, targets).map(({ channels }) => channels)).toEqual([['staging', 'prod']]);
  const apart = published({ values: { a: 1 }, prefix: '{channel}/api' }, targets);
  expect(apart.map(({ prefix, channels }) => [prefix, channels])).toEqual([
    ['staging/api', ['staging']],
    ['prod/api', ['prod']],
  ]);
});

describe('is refused', () => {
  const US = `${OURS}/us-east-1`;
  const reference = "a reference: 'secretsmanager:<name or ARN>' or 'ssm:</path>'";
  test.each<[string, Partial<RegionConfig>, readonly string[]]>([
    [
      'a required value that is missing everywhere, once',
      { values: {}, required: ['database.host'] },
      ['all 2 targets: required value database.host is missing'],
    ],
    [
      'a required value that one target lacks',
      { regionValues: { 'eu-west-1': { database: { host: 'eu' } } }, required: ['database.host'] },
      [`${US}: required value database.host is missing`],
    ],
    [
      'required values that are empty',
      {
        values: { a: '', b: null, c: [], d: {}, e: 0, f: false, g: { h: null, i: { j: [''] } }, k: [null], l: [0] },
        required: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'k', 'l'],
      },
      ['a', 'b', 'c', 'd', 'g', 'k'].map((path) => `all 2 targets: required value ${path} is empty`),
    ],
    [
      'what is declared secret and is no reference, without showing it',
      { values: { database: { password: 'hunter2' } }, secrets: ['database.password'] },
      [`all 2 targets: database.password is declared secret, so its value has to be ${reference}`],
    ],
    [
      'references to nothing',
      { values: { a: 'ssm:relative', b: 'secretsmanager:', c: 3 }, secrets: ['a', 'b', 'c'] },
      ['a', 'b', 'c'].map((path) => `all 2 targets: ${path} is declared secret, so its value has to be ${reference}`),
    ],
    [
      'what looks like a secret and is not declared',
      {
        values: {
          database: { url: 'postgres://app:s3cr3t@db/app' },
          aws: { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' },
          forge: { key: `ghp_${'a1'.repeat(12)}` },
          queue: { password: 'hunter2' },
          partner: { apiKey: 'a b', token: ['a1b2c3'] },
          cache: { url: 'redis://:$ecret1@cache/' },
        },
      },
      [
        'database.url',
        'aws.secretAccessKey',
        'forge.key',
        'queue.password',
        'partner.apiKey',
        'partner.token.0',
        'cache.url',
      ].map((path) => `all 2 targets: ${path} looks like a secret; write ${reference}`),
    ],
    [
      'two values that are one environment variable',
      { values: { database: { host: 'a' }, 'database-host': 'b' } },
      ['all 2 targets: database.host and database-host are both DATABASE_HOST in an environment; rename one'],
    ],
    [
      'what is no text',
      { values: { a: ['x', 'y\0'], b: { c: '\ud800' }, d: '🦊' } },
      ['a.1', 'b.c'].map(
        (path) => `all 2 targets: ${path} holds a NUL or half of a character, which no environment can`,
      ),
    ],
    [
      'a list that is the environment variable of another value',
      { values: { 'db-hosts': ['a', 'b'], db_hosts: 'c' } },
      ['all 2 targets: db-hosts and db_hosts are both DB_HOSTS in an environment; rename one'],
    ],
  ])('%s', (_, config, problems) => expect(problemsOf(config)).toEqual(problems));

  test('nothing of what only stands for a secret', () => {
    const values = {
      database: { url: 'postgres://app:$DB_PASSWORD@db/app', password: 'ssm:/api/db' },
      aws: { secretAccessKey: 'secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:secret:api-AbCdEf' },
      login: { tokenTtl: '30', token: '/run/secrets/token', secretArn: 'arn:aws:ssm', password: '', isToken: 'true' },
    };
    expect(problemsOf({ values, secrets: ['database.password', 'absent'] })).toEqual([]);
  });

  test('a secret in a file, by its line', () => {
    const files = { 'api.env': 'api.env.hbs', 'api.pem': 'api.pem' };
    const sources = {
      'api.env.hbs': 'LEVEL=info\nAWS_SECRET_ACCESS_KEY={{key}}\n',
      'api.pem': '# the key\n\n-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n',
    };
    expect(problemsOf({ files, values: { key: 'wJalrXUtnFEMI' } }, TWO, sources)).toEqual([
      `all 2 targets: files.api.env (api.env.hbs), line 2, looks like it has a secret; write ${reference}`,
      `all 2 targets: files.api.pem (api.pem), line 3, looks like it has a secret; write ${reference}`,
    ]);
  });

  test('a name that a template misspells, and a source that is not there, all at once', () => {
    const files = { 'a.conf': 'a.hbs', 'b.conf': 'b.conf' };
    const problems = problemsOf({ files, values: { database: { host: 'x' } }, required: ['log'] }, TWO, {
      'a.hbs': 'host = {{database.hots}}\n',
    });
    expect(problems).toHaveLength(3);
    expect(problems[0]).toBe('files.b.conf: there is no file b.conf');
    expect(problems[1]).toBe('all 2 targets: required value log is missing');
    expect(problems[2]).toMatch(/^all 2 targets: files\.a\.conf: a\.hbs: "hots" not defined/);
  });

  test('a template that prints a whole object', () => {
    const config = { files: { 'a.conf': 'a.hbs' }, values: { database: { host: 'x' } } };
    expect(problemsOf(config, TWO, { 'a.hbs': 'host = {{database}}\n' })).toEqual([
      'all 2 targets: files.a.conf: a.hbs: prints a value that has values of its own; print those',
    ]);
  });

  test('more than instances load', () => {
    const large = { files: { data: 'data' }, values: { a: 1 } };
    const values = Buffer.byteLength('{"a":1}');
    const most = Buffer.alloc(MAX_OBJECTS - values);
    expect(problemsOf(large, TWO, { data: most })).toEqual([]);
    expect(problemsOf(large, TWO, { data: Buffer.concat([most, Buffer.alloc(1)]) })).toEqual([
      `all 2 targets: values and files have ${MAX_OBJECTS + 1} bytes; instances load ${MAX_OBJECTS} at most`,
    ]);
  });

  test('more files than their manifest may name', () => {
    const files = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`conf.d/${index}.conf`, 'a.conf']));
    expect(problemsOf({ files: files(700) }, TWO, { 'a.conf': 'x' })).toEqual([]);
    expect(problemsOf({ files: files(900) }, TWO, { 'a.conf': 'x' })).toEqual([
      `all 2 targets: 901 objects are too many: their manifest may have more than ${MAX_MANIFEST} bytes`,
    ]);
  });

  test('channels that disagree on a place', () => {
    const targets = [...of('staging', OURS, 'us-east-1'), ...of('prod', OURS, 'us-east-1')];
    const config = { values: { log: 'info' }, channelValues: { prod: { log: 'warn' } } };
    expect(problemsOf(config, targets)).toEqual([
      `${US}: channels staging and prod have different values.json at one place; put {channel} into bucket or prefix`,
    ]);
    expect(problemsOf({ ...config, bucket: `${BUCKET}-{channel}` }, targets)).toEqual([]);
  });

  test('accounts that would share a bucket', () => {
    const targets = [...of('staging', OURS, 'us-east-1'), ...of('prod', THEIRS, 'us-east-1')];
    expect(problemsOf({ bucket: 'acme-{region}', values: { a: 1 } }, targets)).toEqual([
      `${THEIRS}/us-east-1: bucket acme-us-east-1 would also be that of account ${OURS}; put {account} into its name`,
    ]);
  });
});
