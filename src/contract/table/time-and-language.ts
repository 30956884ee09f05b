import { RELEASES } from '../../model/release.ts';
import { APT, RPM } from '../release.ts';
import type { ContractRow } from '../row.ts';

const LOCALE = { name: 'locale', frequency: 'instance', stage: 'config' } as const;

export const TIME_AND_LANGUAGE_ROWS: readonly ContractRow[] = [
  {
    id: 'locale',
    releases: ['debian:12'],
    paths: ['/etc/default/locale'],
    module: LOCALE,
    effect:
      'where the image’s configuration has another locale, or the file has no LANG, each new instance writes it (en_US.UTF-8 by default)',
    remedy: { kind: 'override', config: { locale: { $baked: 'locale' } } },
    source: 'cloud-init 22.4.2 cc_locale.py, distros/debian.py apply_locale',
  },
  {
    id: 'locale',
    releases: ['ubuntu:22.04', 'ubuntu:24.04'],
    paths: ['/etc/default/locale'],
    module: LOCALE,
    effect:
      'where the image’s configuration has another locale, or the file has no LANG, each new instance writes it (C.UTF-8 by default)',
    remedy: { kind: 'override', config: { locale: { $baked: 'locale' } } },
    source: 'cloud-init 23.4 distros/debian.py',
  },
  {
    id: 'locale',
    releases: ['debian:13'],
    // The first is a link to the second there.
    paths: ['/etc/default/locale', '/etc/locale.conf'],
    module: LOCALE,
    effect:
      'where the image’s configuration has another locale, or the file has no LANG, each new instance writes it (C.UTF-8 by default)',
    remedy: { kind: 'override', config: { locale: { $baked: 'locale' } } },
    source: 'cloud-init 25.1.4 distros/debian.py, which follows the link',
  },
  {
    id: 'locale',
    releases: RPM,
    paths: ['/etc/locale.conf'],
    module: LOCALE,
    effect:
      'each new instance writes LANG: the value that is there, else en_US.UTF-8, else what the configuration says',
    remedy: { kind: 'override', config: { locale: { $baked: 'locale' } } },
    source: 'cloud-init 22.4.2 distros/rhel.py apply_locale',
  },
  {
    id: 'timezone',
    releases: RELEASES,
    paths: ['/etc/localtime', '/etc/timezone'],
    module: { name: 'timezone', frequency: 'instance', stage: 'config' },
    needsKey: 'timezone',
    effect: 'where the image’s configuration has a timezone, each new instance sets it',
    remedy: { kind: 'override', config: { timezone: { $baked: 'timezone' } } },
    source: 'cloud-init 22.4.2 cc_timezone.py',
  },
  {
    id: 'ntp',
    releases: APT,
    paths: [
      '/etc/chrony/chrony.conf',
      '/etc/ntp.conf',
      '/etc/systemd/timesyncd.conf',
      '/etc/systemd/timesyncd.conf.d/*.conf',
    ],
    module: { name: 'ntp', frequency: 'instance', stage: 'config' },
    needsKey: 'ntp',
    effect:
      'where the image’s configuration has ntp, each new instance renames the file to *.dist, renders its own and installs the package',
    remedy: { kind: 'override', config: { ntp: { enabled: false } } },
    source: 'cloud-init 22.4.2 cc_ntp.py handle',
  },
  {
    id: 'ntp',
    releases: RPM,
    paths: ['/etc/chrony.conf', '/etc/ntp.conf', '/etc/systemd/timesyncd.conf', '/etc/systemd/timesyncd.conf.d/*.conf'],
    module: { name: 'ntp', frequency: 'instance', stage: 'config' },
    needsKey: 'ntp',
    effect:
      'where the image’s configuration has ntp, each new instance renames the file to *.dist, renders its own and installs the package',
    remedy: { kind: 'override', config: { ntp: { enabled: false } } },
    source: 'cloud-init 22.4.2 cc_ntp.py handle',
  },
];
