import type { Health, Identity, Probe, Settings } from '../../src/model/probe.ts';

export const LAUNCH_KEY = 'SHA256:launch';

export const identity = (name: string, other: Partial<Identity> = {}): Identity => ({
  instanceId: `i-${name}`,
  machineId: `machine-${name}`,
  randomSeed: `seed-${name}`,
  hostKeys: { ed25519: `SHA256:host-${name}` },
  authorizedKeys: { admin: [LAUNCH_KEY] },
  launchKeys: [LAUNCH_KEY],
  ...other,
});

export const health = (other: Partial<Health> = {}): Health => ({
  bootId: 'boot-1',
  bootSeconds: 21.5,
  kernel: '6.1.0-41-cloud-amd64',
  systemState: 'running',
  failedUnits: [],
  cloudInit: { status: 'done', errors: [], recoverable: [] },
  ...other,
});

/** Settings that a base image may well have baked. */
export const SETTINGS: Settings = {
  sshd: { passwordauthentication: 'no', permitrootlogin: 'no' },
  hostname: { '/etc/hostname': '{local-hostname:short}' },
  units: { 'nginx.service': 'enabled', 'apt-daily.timer': 'disabled' },
};

export const probe = (name: string, parts: Partial<Probe> = {}): Probe => ({
  version: 1,
  settings: SETTINGS,
  identity: identity(name),
  health: health(),
  ...parts,
});
