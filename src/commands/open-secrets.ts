import type { Image } from '../model/image.ts';
import type { SecretValues } from '../model/secret.ts';
import type { Mask } from '../report/mask.ts';
import { readSecrets } from '../run/secrets.ts';
import type { Connected } from './connect.ts';

/** Reads what the images' scripts will be given. The mask knows it before anything else does. */
export async function openSecrets(
  images: readonly Image[],
  { connection }: Connected,
  env: NodeJS.ProcessEnv,
  mask: Mask,
): Promise<SecretValues> {
  const stores = async () => (await import('../aws/secret-stores.ts')).createSecretStores(connection);
  const secrets = await readSecrets(images, env, stores);
  mask.add([...secrets.values()].flatMap((values) => Object.values(values)));
  return secrets;
}
