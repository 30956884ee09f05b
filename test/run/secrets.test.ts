import { describe, expect, test } from 'vitest';
import type { Image } from '../../src/model/image.ts';
import type { SecretRead, SecretStores } from '../../src/run/effects.ts';
import { readSecrets, secretVariables } from '../../src/run/secrets.ts';
import { base, imageName } from '../helpers/builders.ts';

const OBJECT = '{"user":"build","password":"pass-word-1","port":12345678,"hosts":[]}';
const STORED: Readonly<Record<string, SecretRead>> = {
  '/ci/key': { value: 'key-key-key' },
  '/ci/plain': { problem: 'is a String, not a SecureString' },
  'prod/db': { value: OBJECT },
  'prod/list': { value: '[1]' },
  'prod/text': { value: 'hunter2-hunter2' },
};

/** Stores that note what they are asked for. */
function stores() {
  const asked: string[] = [];
  const read = async (name: string) => {
    asked.push(name);
    return STORED[name] ?? { problem: 'does not exist' };
  };
  const all: SecretStores = { parameter: read, secret: read };
  return { asked, open: async () => all };
}

const api = (secrets: Image['secrets'], more: Partial<Image> = {}) =>
  base('api', { ...(secrets && { secrets }), ...more });
const ENV = { TOKEN: ' a-token-1234\n', EMPTY: ' \n', SHORT: 'seven77' };

test('are read from where they are said to be, and arrive as they are', async () => {
  const { open } = stores();
  const image = api({
    token: { env: 'TOKEN' },
    key: { parameter: '/ci/key' },
    whole: { secretsManager: 'prod/db' },
    member: { secretsManager: 'prod/db', key: 'password' },
    number: { secretsManager: 'prod/db', key: 'port' },
  });
  expect(await readSecrets([image], ENV, open)).toEqual(
    new Map([
      [
        imageName('api'),
        { token: ENV.TOKEN, key: 'key-key-key', whole: OBJECT, member: 'pass-word-1', number: '12345678' },
      ],
    ]),
  );
});

test('are read once for all images that name them, and nobody is asked where nothing is needed', async () => {
  const { asked, open } = stores();
  const secrets = { key: { parameter: '/ci/key' } };
  const [one, other] = [base('one', { secrets }), base('other', { secrets })];
  const read = await readSecrets([one, one, other, base('none')], {}, open);
  expect([...read.values()]).toEqual([{ key: 'key-key-key' }, { key: 'key-key-key' }, {}]);
  expect(asked).toEqual(['/ci/key']);
  const never = () => Promise.reject(new Error('asked'));
  expect(await readSecrets([api({ token: { env: 'TOKEN' } })], ENV, never)).toEqual(
    new Map([[imageName('api'), { token: ENV.TOKEN }]]),
  );
});

describe('what cannot be used is named, all of it at once, and no value is', () => {
  const problemsOf = async (...images: readonly Image[]) => {
    const error = await readSecrets(images, ENV, stores().open).then(
      () => undefined,
      (error) => error,
    );
    return error && { code: error.code, blame: error.blame, details: error.details };
  };
  const unusable = (...details: readonly string[]) => ({ code: 'secret-unusable', blame: 'user', details });

  test.each<[string, NonNullable<Image['secrets']>[string], string]>([
    ['not set', { env: 'NONE' }, 'the environment variable NONE is not set'],
    ['empty', { env: 'EMPTY' }, 'the environment variable EMPTY is empty'],
    [
      'short',
      { env: 'SHORT' },
      'the environment variable SHORT has fewer than 8 characters, which cannot be told from other words',
    ],
    ['not there', { parameter: '/ci/none' }, 'the parameter /ci/none does not exist'],
    ['not secure', { parameter: '/ci/plain' }, 'the parameter /ci/plain is a String, not a SecureString'],
    ['without the member', { secretsManager: 'prod/db', key: 'token' }, 'the secret prod/db has no token'],
    ['a member of every object', { secretsManager: 'prod/db', key: 'toString' }, 'the secret prod/db has no toString'],
    ['a member of a list', { secretsManager: 'prod/list', key: 'x' }, 'the secret prod/list has no x'],
    [
      'a member that is a list',
      { secretsManager: 'prod/db', key: 'hosts' },
      'the secret prod/db has a hosts that is no text',
    ],
    [
      'a member of what is no JSON',
      { secretsManager: 'prod/text', key: 'password' },
      'the secret prod/text is no JSON object, so it has no password',
    ],
  ])('%s', async (_, source, problem) => {
    expect(await problemsOf(api({ token: source }))).toEqual(unusable(`api: token: ${problem}`));
  });

  test('what the image itself tells', async () => {
    const told = 'the environment variable TOKEN is in the variables or tags of the image too, which are no secrets';
    const secrets = { token: { env: 'TOKEN' } };
    const variables = { registry: { url: 'https://build:a-token-1234@npm.example' } };
    expect(await problemsOf(api(secrets, { variables }))).toEqual(unusable(`api: token: ${told}`));
    expect(await problemsOf(api(secrets, { tags: { x: 'a-token-1234' } }))).toEqual(unusable(`api: token: ${told}`));
  });

  test('of several images', async () => {
    const problems = await problemsOf(
      base('one', { secrets: { a: { env: 'A' }, b: { env: 'TOKEN' } } }),
      base('other', { secrets: { c: { parameter: '/c' } } }),
    );
    expect(problems).toEqual(
      unusable('one: a: the environment variable A is not set', 'other: c: the parameter /c does not exist'),
    );
  });
});

test('the variables that they come from are known', () => {
  const image = api({ a: { env: 'A' }, b: { parameter: '/b' }, c: { env: 'C' } });
  expect(secretVariables([image, base('none')])).toEqual(['A', 'C']);
});
