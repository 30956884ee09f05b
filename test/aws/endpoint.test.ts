import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { ec2Endpoint } from '../../src/aws/clients.ts';
import { temporaryFolder } from '../setup/temporary-folder.ts';

const REGION = { region: 'eu-central-1' };
afterEach(() => vi.unstubAllEnvs());

/** The endpoint of EC2 with these variables and this ~/.aws/config; those of the machine that tests run on are out. */
async function endpointWith(env: Readonly<Record<string, string>>, config = ''): Promise<string> {
  const file = join(await temporaryFolder(), 'config');
  await writeFile(file, config);
  const clean = { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_EC2: '', AWS_PROFILE: '' };
  const files = { AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: file };
  for (const [name, value] of Object.entries({ ...clean, ...files, ...env })) vi.stubEnv(name, value);
  return ec2Endpoint(REGION);
}

test.each<[string, Record<string, string>, string, string]>([
  ['AWS', {}, '', ''],
  ['everything elsewhere', { AWS_ENDPOINT_URL: 'http://a' }, '', 'http://a'],
  ['EC2 elsewhere', { AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_EC2: 'http://b' }, '', 'http://b'],
  ['the default profile elsewhere', {}, '[default]\nendpoint_url = http://c\n', 'http://c'],
  [
    'a profile elsewhere',
    { AWS_PROFILE: 'dev' },
    '[default]\nregion = x\n[profile dev]\nendpoint_url = http://d\n',
    'http://d',
  ],
  [
    'EC2 of a profile elsewhere',
    { AWS_PROFILE: 'dev' },
    '[profile dev]\nservices = local\n[services local]\nec2 =\n  endpoint_url = http://e\n',
    'http://e',
  ],
  ['a variable over the profile', { AWS_ENDPOINT_URL: 'http://a' }, '[default]\nendpoint_url = http://c\n', 'http://a'],
  [
    'a profile whose endpoints are ignored',
    { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    '[default]\nendpoint_url = http://c\n',
    '',
  ],
])('the endpoint that Packer is told: %s', async (_, env, config, endpoint) => {
  expect(await endpointWith(env, config)).toBe(endpoint);
});

test('an endpoint that is meant explicitly wins', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://a');
  expect(await ec2Endpoint({ ...REGION, endpoint: 'http://f' })).toBe('http://f');
});
