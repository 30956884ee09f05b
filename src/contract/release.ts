import type { SourceAmi } from '../model/image.ts';

/** Distribution releases that the contract knows, in the words of source aliases. `al2` has no alias of its own. */
export const RELEASES = ['debian:12', 'debian:13', 'ubuntu:22.04', 'ubuntu:24.04', 'al2023', 'al2', 'rhel:9'] as const;
export type Release = (typeof RELEASES)[number];

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

const NAME_HINTS: readonly (readonly [RegExp, Release])[] = [
  [/debian-12/, 'debian:12'],
  [/debian-13/, 'debian:13'],
  [/ubuntu.*22\.04/, 'ubuntu:22.04'],
  [/ubuntu.*24\.04/, 'ubuntu:24.04'],
  [/^al2023|amazon-linux-latest\/al2023/, 'al2023'],
  [/^amzn2-|amazon-linux-latest\/amzn2/, 'al2'],
  [/^RHEL-9/, 'rhel:9'],
];

/** What a source AMI runs, as far as its alias, its name or its parameter says so. */
export function releaseOf(source: SourceAmi): Release | undefined {
  switch (source.by) {
    case 'alias':
      return RELEASES.find((release) => release === source.alias);
    case 'parameter':
    case 'filter': {
      const text = source.by === 'filter' ? source.name : source.parameter;
      return NAME_HINTS.find(([hint]) => hint.test(text))?.[1];
    }
    case 'id':
      return undefined;
  }
}
