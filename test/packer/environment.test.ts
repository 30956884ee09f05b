import { expect, test } from 'vitest';
import { packerEnvironment } from '../../src/packer/environment.ts';

test.each<[string, kept: boolean]>([
  ['PATH', true],
  ['HOME', true],
  ['AWS_PROFILE', true],
  ['AWS_SESSION_TOKEN', true],
  ['HTTPS_PROXY', true],
  ['TMPDIR', true],
  ['PACKER_PLUGIN_PATH', true],
  ['PACKER_CACHE_DIR', true],
  ['PACKER_CONFIG_DIR', true],
  ['PACKER_GITHUB_API_TOKEN', true],
  ['PACKER_LOG', false],
  ['PACKER_LOG_PATH', false],
  ['PACKER_CONFIG', false],
  ['PACKER_PLUGIN_PATH_X', false],
  ['PACKER_PLUGIN_MIN_PORT', false],
  ['PKR_VAR_ami_name', false],
  ['HCP_CLIENT_ID', false],
  ['HCP_PACKER_REGISTRY', false],
])('%s is handed on: %s', (name, kept) => {
  expect(packerEnvironment({ [name]: 'x' }, {})[name]).toBe(kept ? 'x' : undefined);
});

test('what the run gives wins, and telemetry is off', () => {
  const env = packerEnvironment({ AWS_PROFILE: 'mine', CHECKPOINT_DISABLE: '', GONE: undefined }, { AWS_PROFILE: '' });
  expect(env).toEqual({ AWS_PROFILE: '', CHECKPOINT_DISABLE: '1', PACKER_NO_COLOR: '1' });
});
