import { BakeError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { SecretSource, SecretValues } from '../model/secret.ts';
import type { SecretRead, SecretStores } from './effects.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Shorter ones could not be told from words of the image, by the mask as little as by the search for what is left. */
const SHORTEST = 8;

/**
 * The secrets of the images, read now. Throws `secret-unusable`, which names all that cannot be used, and never a value.
 * `stores` is asked for where one is needed alone.
 */
export async function readSecrets(
  images: readonly Image[],
  env: Environment,
  stores: () => Promise<SecretStores>,
): Promise<SecretValues> {
  const read = onceEach((source) => readSource(source, env, stores));
  const values = new Map<Image['name'], Record<string, string>>();
  const problems: string[] = [];
  // One for each architecture of it, there may be.
  for (const image of new Set(images)) {
    const ofImage: Record<string, string> = {};
    for (const [name, source] of Object.entries(image.secrets ?? {})) {
      const found = checked(await read(source), image);
      if ('value' in found) ofImage[name] = found.value;
      else problems.push(`${image.name}: ${name}: ${describe(source)} ${found.problem}`);
    }
    values.set(image.name, ofImage);
  }
  if (problems.length > 0) throw secretsUnusable(problems);
  return values;
}

/** Environment variables that secrets are read from: nothing that is started has to know them. */
export const secretVariables = (images: readonly Image[]): readonly string[] =>
  images.flatMap(({ secrets = {} }) =>
    Object.values(secrets).flatMap((source) => ('env' in source ? [source.env] : [])),
  );

function readSource(source: SecretSource, env: Environment, stores: () => Promise<SecretStores>): Promise<SecretRead> {
  if ('env' in source) {
    const value = env[source.env];
    return Promise.resolve(value === undefined ? { problem: 'is not set' } : { value });
  }
  return stores().then(async (opened) => {
    if ('parameter' in source) return opened.parameter(source.parameter);
    const whole = await opened.secret(source.secretsManager);
    return 'value' in whole && source.key !== undefined ? memberOf(whole.value, source.key) : whole;
  });
}

/** What is wrong is said without a word of the value. */
function memberOf(text: string, key: string): SecretRead {
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    return { problem: `is no JSON object, so it has no ${key}` };
  }
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return { problem: `has no ${key}` };
  const member = (object as Record<string, unknown>)[key];
  if (typeof member === 'string') return { value: member };
  return typeof member === 'number' ? { value: String(member) } : { problem: `has a ${key} that is no text` };
}

function checked(found: SecretRead, { variables, tags }: Image): SecretRead {
  if ('problem' in found) return found;
  const { value } = found;
  if (value.trim() === '') return { problem: 'is empty' };
  if (value.trim().length < SHORTEST) {
    return { problem: `has fewer than ${SHORTEST} characters, which cannot be told from other words` };
  }
  // Both are written into the image, and tags are for everybody to read.
  const told = JSON.stringify({ variables, tags });
  const isTold = told.includes(JSON.stringify(value.trim()).slice(1, -1));
  return isTold ? { problem: 'is in the variables or tags of the image too, which are no secrets' } : found;
}

function describe(source: SecretSource): string {
  if ('env' in source) return `the environment variable ${source.env}`;
  if ('parameter' in source) return `the parameter ${source.parameter}`;
  return `the secret ${source.secretsManager}`;
}

function secretsUnusable(problems: readonly string[]): BakeError {
  return new BakeError({
    code: 'secret-unusable',
    message: `${problems.length === 1 ? '1 secret' : `${problems.length} secrets`} cannot be used`,
    hint: 'Put right what is named, in the build region where it is on AWS, then run the same command again: docs/secrets.md.',
    details: problems,
    blame: 'user',
  });
}

/** Several images may name the same one. */
function onceEach(read: (source: SecretSource) => Promise<SecretRead>): (source: SecretSource) => Promise<SecretRead> {
  const known = new Map<string, Promise<SecretRead>>();
  return (source) => {
    const id = JSON.stringify(source);
    const answer = known.get(id) ?? read(source);
    known.set(id, answer);
    return answer;
  };
}
