import type { Image } from '../model/image.ts';
import type { SecretSource } from '../model/secret.ts';
import type { WrittenSecrets } from './secrets-schema.ts';
import { sound } from './sound.ts';

export function secretsOf(written: WrittenSecrets = {}): Pick<Image, 'secrets'> {
  const secrets = Object.entries(written).map(([name, source]) => [name, sourceOf(source)] as const);
  return secrets.length === 0 ? {} : { secrets: Object.fromEntries(secrets) };
}

function sourceOf({ env, parameter, secretsManager, key }: WrittenSecrets[string]): SecretSource {
  if (env !== undefined) return { env };
  if (parameter !== undefined) return { parameter };
  return { secretsManager: sound(secretsManager), ...(key === undefined ? {} : { key }) };
}
