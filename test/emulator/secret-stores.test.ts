import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSecretStores } from '../../src/aws/secret-stores.ts';
import { REGION } from '../helpers/builders.ts';
import { SandboxServer } from '../helpers/sandbox-server.ts';

const VALUE = ' ß "$(x)`\n-----BEGIN\n';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

let server: SandboxServer;
let stores: ReturnType<typeof createSecretStores>;
let arn: string | undefined;
beforeAll(async () => {
  server = await SandboxServer.start();
  const connection = { region: REGION, endpoint: server.endpoint, credentials };
  const ssm = new SSMClient(connection);
  const put = (Name: string, Type: 'SecureString' | 'String', Value: string) =>
    ssm.send(new PutParameterCommand({ Name, Type, Value, Overwrite: true }));
  await put('/ci/key', 'SecureString', 'the first one');
  await put('/ci/key', 'SecureString', VALUE);
  await put('/ci/plain', 'String', VALUE);
  const manager = new SecretsManagerClient(connection);
  const create = (Name: string, content: object) => manager.send(new CreateSecretCommand({ Name, ...content }));
  arn = (await create('prod/key', { SecretString: VALUE })).ARN;
  await create('prod/bytes', { SecretBinary: Buffer.from(VALUE) });
  await create('prod/gone', { SecretString: VALUE });
  await manager.send(new DeleteSecretCommand({ SecretId: 'prod/gone' }));
  stores = createSecretStores(connection);
});
afterAll(() => server[Symbol.asyncDispose]());

test('a secure parameter is decrypted and arrives as it is, also by its version', async () => {
  expect(await stores.parameter('/ci/key')).toEqual({ value: VALUE });
  expect(await stores.parameter('/ci/key:1')).toEqual({ value: 'the first one' });
});

test('a secret arrives as it is, by its name and its ARN', async () => {
  expect(await stores.secret('prod/key')).toEqual({ value: VALUE });
  expect(await stores.secret(arn ?? '')).toEqual({ value: VALUE });
});

test.each([
  ['parameter', '/ci/none', 'does not exist'],
  ['parameter', '/ci/key:7', 'does not exist'],
  ['parameter', '/ci/plain', 'is a String, not a SecureString'],
  ['secret', 'prod/none', 'does not exist'],
  ['secret', 'prod/bytes', 'holds bytes and no text; keep it as text, in base64 say'],
  ['secret', 'prod/gone', 'is marked for deletion'],
] as const)('the %s %s %s', async (store, name, problem) => {
  expect(await stores[store](name)).toEqual({ problem });
});

test('what is no answer is an error that names what was read', async () => {
  const nobody = createSecretStores({ region: REGION, endpoint: 'http://127.0.0.1:1', credentials });
  await expect(nobody.secret('prod/key')).rejects.toMatchObject({
    code: 'endpoint-unreachable',
    message: expect.stringContaining('read the secret prod/key'),
  });
});
