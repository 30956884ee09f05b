import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { problemsOf, withSettings } from './problems-of.ts';
import { projectWith } from './project.ts';

const BASE = { source: 'debian:12', layers: ['base'] };
const BUCKET = 'acme-{account}-{region}';

const withConfig = (regionConfig: object, channels: object = {}) =>
  withSettings({ channels, images: { base: BASE, api: { parent: 'base', regionConfig } } });
const at = (key: string, problem: string) => [`images.api.regionConfig.${key}: ${problem}`];

describe('region config', () => {
  const targets = { staging: { targets: [{ regions: ['us-east-1'] }] } };
  test.each<[string, object, readonly string[]]>([
    ['with its bucket alone', { bucket: BUCKET }, []],
    ['without a bucket', {}, at('bucket', "is required, such as 'acme-config-{account}-{region}'")],
    [
      'with one bucket for all regions',
      { bucket: 'acme-{account}' },
      at('bucket', '"acme-{account}" lacks {region}: bucket names are global, and every region has its own'),
    ],
    [
      'with an unknown placeholder',
      { bucket: 'acme-{acount}-{region}' },
      at(
        'bucket',
        '"acme-{acount}-{region}" has the unknown placeholder {acount}; placeholders are {region}, {account}, {channel}',
      ),
    ],
    [
      'with a bucket name that is too long once filled in',
      { bucket: `${'acme-'.repeat(9)}{account}-{region}` },
      at(
        'bucket',
        `becomes "acme-acme-acme-acme-acme-acme-acme-acme-acme-000000000000-…, which is not a bucket name: 3 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit`,
      ),
    ],
    [
      'with a prefix that climbs',
      { bucket: BUCKET, prefix: '../api' },
      at(
        'prefix',
        "\"../api\" is not a prefix: letters, digits and . _ - /, starting with a letter or digit, without '..', '//' or '/./', not ending in '.' or '/', and {channel}",
      ),
    ],
    [
      'with a file that climbs',
      { bucket: BUCKET, files: { 'a/../../b': 'region-config/b' } },
      at(
        'files["a/../../b"]',
        "\"a/../../b\" is not a name of a file; names are letters, digits and . _ - /, starting with a letter or digit, without '..', '//' or '/./', not ending in '.' or '/'",
      ),
    ],
    [
      'with a file that stays in its folder',
      { bucket: BUCKET, files: { 'a/./b': 'region-config/b' } },
      at(
        'files["a/./b"]',
        "\"a/./b\" is not a name of a file; names are letters, digits and . _ - /, starting with a letter or digit, without '..', '//' or '/./', not ending in '.' or '/'",
      ),
    ],
    [
      'with a source outside of the project',
      { bucket: BUCKET, files: { hosts: 'region-config/../../etc/hosts' } },
      at(
        'files.hosts',
        '"region-config/../../etc/hosts" is not a file within the project; write a path from the configuration\'s folder',
      ),
    ],
    [
      'with a file that is also a folder',
      { bucket: BUCKET, files: { a: 'x', 'a/b': 'x' } },
      at('files.a', '"a" cannot be a file and the folder of "a/b"'),
    ],
    [
      'with a reload of nothing',
      { bucket: BUCKET, onChange: 'reload' },
      at('onChange', '"reload" needs the unit that it is done to; write images.api.regionConfig.service'),
    ],
    [
      'with a program by name',
      { bucket: BUCKET, onChange: { command: ['nginx', '-s', 'reload'] } },
      at('onChange.command', '"nginx" is not the absolute path of a program'),
    ],
    [
      'with keys for other regions',
      { bucket: BUCKET, encryption: { kmsKeys: { 'eu-west-1': 'alias/config' } } },
      at('encryption.kmsKeys', 'has no key for us-east-1'),
    ],
    [
      'with a key that is none',
      { bucket: BUCKET, encryption: { kmsKey: 'config' } },
      at(
        'encryption.kmsKey',
        '"config" is not an alias (alias/…) or the ARN of a key or alias, with {region} and {account} where they differ',
      ),
    ],
    [
      'with values for a region that no channel has',
      { bucket: BUCKET, regionValues: { 'us-east-2': {} } },
      at(
        'regionValues.us-east-2',
        'no channel has the target "us-east-2"; there are us-east-1. Did you mean "us-east-1"?',
      ),
    ],
    [
      'with values for an unknown channel',
      { bucket: BUCKET, channelValues: { stagin: {} } },
      at('channelValues.stagin', 'no channel has the target "stagin"; there are staging. Did you mean "staging"?'),
    ],
    ['with values for an account that may be our own', { bucket: BUCKET, accountValues: { '111122223333': {} } }, []],
    [
      'with a value that hides the region',
      { bucket: BUCKET, values: { region: 'us-east-1' } },
      at('values.region', '"region" is what templates call the target\'s own; choose another name'),
    ],
    [
      'with a value whose name has a dot',
      { bucket: BUCKET, values: { pools: [{ 'max.size': 3 }] } },
      at(
        'values.pools[0]["max.size"]',
        '"max.size" is not the name of a value; names are letters, digits, _ and -, starting with a letter',
      ),
    ],
    [
      'with a value that is no JSON',
      { bucket: BUCKET, regionValues: { 'us-east-1': { since: new Date(0) } } },
      at('regionValues.us-east-1.since', 'a Date is not JSON'),
    ],
    [
      'with a path that is none',
      { bucket: BUCKET, required: ['database..host'] },
      at('required[0]', '"database..host" is not the path of a value such as database.host'),
    ],
    ['with a deadline of hours', { bucket: BUCKET, deadline: '2h' }, at('deadline', '"2h" is longer than an hour')],
    [
      'with a time between looks that is none',
      { bucket: BUCKET, refresh: 'never' },
      at(
        'refresh',
        "\"never\" is neither '0' (only when booting) nor a duration from 1s to 24h, such as '90s', '5m', '2h', or a whole number of seconds",
      ),
    ],
  ])('%s', (_, regionConfig, problems) => expect(problemsOf(withConfig(regionConfig, targets))).toEqual(problems));

  test.each([
    [
      'conf',
      'conf/limits.conf',
      'files["conf/limits.conf"]: "conf/limits.conf" cannot be in "conf", which is a file of a parent',
    ],
    ['conf/limits.conf', 'conf', 'files.conf: "conf" cannot be a file and the folder of "conf/limits.conf"'],
  ])('with a parent that has %s, and %s of its own', (above, own, problem) => {
    const parent = { ...BASE, regionConfig: { bucket: BUCKET, files: { [above]: 'x' } } };
    const images = { base: parent, api: { parent: 'base', regionConfig: { files: { [own]: 'x' } } } };
    expect(problemsOf(withSettings({ images }))).toEqual([`images.api.regionConfig.${problem}`]);
  });

  test('of two images at one place', () => {
    const regionConfig = { bucket: BUCKET, prefix: 'shared', values: { a: 1 } };
    const images = { base: BASE, api: { parent: 'base', regionConfig }, worker: { parent: 'base', regionConfig } };
    const above = { ...images, base: { ...BASE, regionConfig: { bucket: BUCKET, prefix: 'shared' } }, worker: BASE };
    expect(problemsOf(withSettings({ images: above }))).toEqual([]);
    expect(problemsOf(withSettings({ images }))).toEqual([
      'images.worker.regionConfig.prefix: "shared" is that of api, in the same bucket',
    ]);
  });
});

test('is inherited key by key, and has its defaults', async () => {
  await using project = await projectWith({
    'layers/base/files/etc/motd': 'hello\n',
    'bake.config.yaml': `
project: acme
region: us-east-1
images:
  base:
    source: debian:12
    layers: [base]
    regionConfig: { bucket: 'acme-{region}', encryption: { kmsKey: alias/a }, values: { log: { level: info } }, refresh: 0 }
  api:
    parent: base
    regionConfig:
      encryption: { kmsKeys: { us-east-1: alias/b, eu-west-1: alias/c } }
      values: { log: { format: json } }
      files: { limits.conf: region-config/limits.conf }
      service: api.service
      deadline: 90s
  other: { source: debian:12 }
`,
  });
  const config = await loadConfig({ cwd: project.root });
  const [base, api, other] = [...config.images.values()].map(({ regionConfig }) => regionConfig);
  expect(other).toBeUndefined();
  expect(base).toMatchObject({ prefix: 'base', onChange: 'none', encryption: { by: 'kms', key: 'alias/a' } });
  expect(api).toEqual({
    bucket: 'acme-{region}',
    prefix: 'api',
    encryption: { by: 'kms-per-region', keys: { 'us-east-1': 'alias/b', 'eu-west-1': 'alias/c' } },
    files: { 'limits.conf': 'region-config/limits.conf' },
    values: { log: { level: 'info', format: 'json' } },
    regionValues: {},
    accountValues: {},
    channelValues: {},
    required: [],
    secrets: [],
    service: 'api.service',
    onChange: 'reload-or-restart',
    policy: 'fail-closed',
    group: 'root',
    refresh: 0,
    deadline: 90,
  });
});
