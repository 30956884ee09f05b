import { expect, it } from 'vitest';
import { sandboxConnection } from '../../src/sandbox/connection.ts';
import type { SandboxInfo } from '../../src/sandbox/server-info.ts';

const info = { endpoint: 'http://127.0.0.1:4000' } as SandboxInfo;

it('leaves no way to real credentials or a real endpoint', () => {
  const { env } = sandboxConnection(info, {
    AWS_PROFILE: 'production',
    AWS_SESSION_TOKEN: 'real',
    AWS_ENDPOINT_URL_EC2: 'https://ec2.example',
    AWS_ENDPOINT_URL_S3: 'https://s3.example',
    AWS_REGION: 'eu-west-1',
  });
  expect(env).toMatchObject({
    AWS_PROFILE: '',
    AWS_SESSION_TOKEN: '',
    AWS_WEB_IDENTITY_TOKEN_FILE: '',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4000',
    AWS_ENDPOINT_URL_EC2: '',
    AWS_ENDPOINT_URL_S3: '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
});

it('keeps the configured region', () => {
  expect(sandboxConnection(info, { AWS_REGION: 'eu-west-1' }).env).not.toHaveProperty('AWS_REGION');
});
