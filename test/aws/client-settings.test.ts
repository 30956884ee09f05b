import { afterEach, expect, test, vi } from 'vitest';
import { clientSettings } from '../../src/aws/client-settings.ts';

afterEach(() => vi.unstubAllEnvs());

test('calls are repeated more often than the SDK does by itself', () => {
  vi.stubEnv('AWS_MAX_ATTEMPTS', undefined);
  expect(clientSettings({ region: 'eu-west-1' })).toMatchObject({ maxAttempts: 6 });
});

test('AWS_MAX_ATTEMPTS is left to the SDK', () => {
  vi.stubEnv('AWS_MAX_ATTEMPTS', '2');
  expect(clientSettings({ region: 'eu-west-1' })).not.toHaveProperty('maxAttempts');
});
