import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { problemsOf, withSettings } from './problems-of.ts';
import { projectWith } from './project.ts';

const problems = (state: object) => problemsOf(withSettings({ state }));
const NAME_RULE =
  'a bucket name: 3 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit';

describe('a state bucket', () => {
  test.each<[string, object, readonly string[]]>([
    ['with a name alone', { bucket: 'acme-state' }, []],
    [
      'with everything',
      {
        bucket: 'acme-{account}-{region}',
        prefix: 'teams/web',
        region: 'eu-west-1',
        kmsKey: 'alias/state',
        keepDays: 90,
      },
      [],
    ],
    ['without a name', {}, ['state.bucket: is required']],
    [
      'with a placeholder that is none',
      { bucket: 'acme-{channel}' },
      ['state.bucket: "acme-{channel}" has the unknown placeholder {channel}; placeholders are {account}, {region}'],
    ],
    ['with a name that S3 refuses', { bucket: 'Acme' }, [`state.bucket: becomes "Acme", which is not ${NAME_RULE}`]],
    [
      'with a name that is too long once it is filled',
      { bucket: `${'a'.repeat(50)}-{account}-x` },
      [`state.bucket: becomes "${'a'.repeat(50)}-0000000…, which is not ${NAME_RULE}`],
    ],
    [
      'with a prefix that ends in a slash',
      { bucket: 'acme-state', prefix: 'web/' },
      [
        `state.prefix: "web/" is not a prefix: letters, digits and . _ - /, starting with a letter or digit, without '..', '//' or '/./', not ending in '.' or '/'`,
      ],
    ],
    [
      'with a key of another region',
      { bucket: 'acme-state', kmsKey: 'arn:aws:kms:eu-west-1:111122223333:alias/state' },
      ['state.kmsKey: is a key of eu-west-1; the bucket is in us-east-1'],
    ],
    ['that keeps nothing', { bucket: 'acme-state', keepDays: 0 }, ['state.keepDays: 0 is less than a day']],
  ])('%s', (_, state, expected) => expect(problems(state)).toEqual(expected));

  test('is in the build region, and keeps what is old for more than a year, where nothing else is said', async () => {
    await using project = await projectWith({
      'bake.config.yaml': `
project: acme
region: eu-west-1
state: { bucket: 'acme-{account}', prefix: web }
images: { base: { source: 'debian:12' } }
`,
      'layers/x/layer.yaml': '',
    });
    const { state } = await loadConfig({ cwd: project.root });
    expect(state).toEqual({ bucket: 'acme-{account}', prefix: 'web/', region: 'eu-west-1', keepDays: 400 });
  });
});
