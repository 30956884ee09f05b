import type { Release } from '../model/release.ts';

export const DEBIAN: readonly Release[] = ['debian:12', 'debian:13'];
export const UBUNTU: readonly Release[] = ['ubuntu:22.04', 'ubuntu:24.04'];
export const APT: readonly Release[] = [...DEBIAN, ...UBUNTU];
export const AMAZON: readonly Release[] = ['al2023', 'al2'];
export const RPM: readonly Release[] = [...AMAZON, 'rhel:9'];

interface ReleaseFacts {
  /** `ID` and the start of `VERSION_ID` in /etc/os-release. */
  readonly os: { readonly id: string; readonly version: string };
  /** Upstream version that the release's package is based on; patches may keep older behaviour. */
  readonly cloudInit: string;
  /** The login user of its images. */
  readonly defaultUser: string;
}

/** Behaviour is not a function of cloud-init's version alone: Ubuntu 22.04 has 26.1 with patches that keep that of 22.2. */
export const RELEASE_FACTS: Readonly<Record<Release, ReleaseFacts>> = {
  'debian:12': { os: { id: 'debian', version: '12' }, cloudInit: '22.4.2', defaultUser: 'admin' },
  'debian:13': { os: { id: 'debian', version: '13' }, cloudInit: '25.1.4', defaultUser: 'admin' },
  'ubuntu:22.04': { os: { id: 'ubuntu', version: '22.04' }, cloudInit: '26.1', defaultUser: 'ubuntu' },
  'ubuntu:24.04': { os: { id: 'ubuntu', version: '24.04' }, cloudInit: '26.1', defaultUser: 'ubuntu' },
  al2023: { os: { id: 'amzn', version: '2023' }, cloudInit: '22.2.2', defaultUser: 'ec2-user' },
  al2: { os: { id: 'amzn', version: '2' }, cloudInit: '19.3', defaultUser: 'ec2-user' },
  'rhel:9': { os: { id: 'rhel', version: '9' }, cloudInit: '24.4', defaultUser: 'ec2-user' },
};
