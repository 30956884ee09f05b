import type { SecretRead, SecretStores } from '../run/effects.ts';
import { clientSettings } from './client-settings.ts';
import { ssmClient } from './clients.ts';
import type { AwsConnection } from './connection.ts';
import { attempting, isAwsError } from './errors.ts';
import { GetSecretValueCommand, SecretsManagerClient } from './sdk/secrets-manager.ts';
import { GetParameterCommand } from './sdk/ssm.ts';

/** Where secrets are kept, in the connection's region. */
export function createSecretStores(connection: AwsConnection): SecretStores {
  const ssm = ssmClient(connection);
  const secretsManager = new SecretsManagerClient(clientSettings(connection));
  const attempt = attempting(connection);
  return {
    parameter: (name) =>
      attempt(`read the parameter ${name}`, () =>
        answered(async () => {
          const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
          // In any other type it can be read without its key, and stands in the history and in the console.
          if (Parameter?.Type !== 'SecureString') return { problem: `is a ${Parameter?.Type}, not a SecureString` };
          return textOf(Parameter.Value);
        }),
      ),
    secret: (id) =>
      attempt(`read the secret ${id}`, () =>
        answered(async () => {
          const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: id }));
          return textOf(SecretString);
        }),
      ),
  };
}

const textOf = (value: string | undefined): SecretRead =>
  value === undefined ? { problem: 'holds bytes and no text; keep it as text, in base64 say' } : { value };

/** What the owner of the secret can put right is an answer too. */
async function answered(read: () => Promise<SecretRead>): Promise<SecretRead> {
  try {
    return await read();
  } catch (error) {
    const missing = ['ParameterNotFound', 'ParameterVersionNotFound', 'ResourceNotFoundException'];
    if (isAwsError(error, ...missing)) return { problem: 'does not exist' };
    if (isAwsError(error, 'InvalidRequestException')) return { problem: 'is marked for deletion' };
    if (isAwsError(error, 'InvalidKeyId', 'DecryptionFailure')) return { problem: 'cannot be decrypted with its key' };
    throw error;
  }
}
