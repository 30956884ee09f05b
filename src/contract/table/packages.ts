import { RELEASES } from '../../model/release.ts';
import { AMAZON, APT, DEBIAN, RPM, UBUNTU } from '../release.ts';
import type { ContractRow } from '../row.ts';

const APT_CONFIGURE = { name: 'apt_configure', frequency: 'instance', stage: 'config' } as const;
const UPGRADE = { name: 'package_update_upgrade_install', frequency: 'instance', stage: 'final' } as const;
const NO_UPGRADE = { package_update: false, package_upgrade: false, package_reboot_if_required: false, packages: [] };

function caRows(id: string, needsKey: string): readonly ContractRow[] {
  const row = {
    id,
    module: { name: 'ca_certs', frequency: 'instance', stage: 'network' },
    needsKey,
    effect: `where ${needsKey} of the image’s configuration has remove_defaults, each new instance empties the store of trusted authorities`,
    remedy: { kind: 'override', config: { ca_certs: { remove_defaults: false, trusted: [] } } },
    source: 'cloud-init 22.4.2 cc_ca_certs.py handle',
  } as const;
  return [
    { ...row, releases: APT, paths: ['/usr/local/share/ca-certificates/**', '/etc/ca-certificates.conf'] },
    {
      ...row,
      releases: RPM,
      paths: ['/usr/share/pki/ca-trust-source/anchors/**', '/etc/pki/ca-trust/source/anchors/**'],
    },
  ];
}

export const PACKAGE_ROWS: readonly ContractRow[] = [
  {
    id: 'apt-src',
    releases: DEBIAN,
    paths: ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources'],
    module: APT_CONFIGURE,
    effect:
      'each new instance writes the list of its own mirrors anew unless preserve_sources_list is true; from 23.4 it writes debian.sources and deletes sources.list',
    remedy: { kind: 'override', config: { apt: { preserve_sources_list: true } } },
    source: 'cloud-init 22.4.2 cc_apt_configure.py apply_apt; 23.4 generate_sources_list',
  },
  {
    id: 'apt-src',
    releases: UBUNTU,
    paths: ['/etc/apt/sources.list', '/etc/apt/sources.list.d/ubuntu.sources'],
    module: APT_CONFIGURE,
    effect: 'each new instance writes the list anew with the mirror of its region',
    remedy: { kind: 'override', config: { apt: { preserve_sources_list: true } } },
    source: 'cloud-init 23.4 cc_apt_configure.py; patch retain-apt-pre-deb822 of Ubuntu 22.04',
  },
  {
    id: 'apt-mirrors',
    releases: DEBIAN,
    paths: ['/etc/apt/mirrors/*.list'],
    module: APT_CONFIGURE,
    needsKey: 'apt.generate_mirrorlists',
    effect:
      'where apt.generate_mirrorlists is true (Debian’s cloud images) each new instance writes debian.list and debian-security.list anew, whatever preserve_sources_list says',
    remedy: { kind: 'override', config: { apt: { generate_mirrorlists: false, preserve_sources_list: true } } },
    source: 'Debian’s patch of cloud-init 22.4.2: cc_apt_configure.py apply_apt, if/elif',
  },
  {
    id: 'apt-extra',
    releases: APT,
    paths: ['/etc/apt/sources.list.d/*.list'],
    module: APT_CONFIGURE,
    needsKey: 'apt.sources',
    effect:
      'each new instance appends what apt.sources of the image’s own configuration lists, whatever preserve_sources_list says',
    remedy: { kind: 'override', config: { apt: { sources: { $baked: 'masked-apt-sources' } } } },
    source: 'cloud-init 22.4.2 cc_apt_configure.py add_apt_sources',
  },
  {
    id: 'apt-conf',
    releases: APT,
    paths: ['/etc/apt/apt.conf.d/90cloud-init-aptproxy', '/etc/apt/apt.conf.d/94cloud-init-config'],
    module: APT_CONFIGURE,
    effect: 'each new instance deletes the file where no apt.proxy or apt.conf is configured',
    remedy: { kind: 'advice', severity: 'error', advice: 'give the file a name of its own, such as 80<name>' },
    source: 'cloud-init 22.4.2 cc_apt_configure.py apply_apt_config',
  },
  {
    id: 'apt-pipe',
    releases: APT,
    paths: ['/etc/apt/apt.conf.d/90cloud-init-pipelining'],
    module: { name: 'apt_pipelining', frequency: 'instance', stage: 'config' },
    needsKey: 'apt_pipelining',
    effect: 'each new instance overwrites the file where apt_pipelining is set',
    remedy: { kind: 'advice', severity: 'error', advice: 'give the file a name of its own, such as 80<name>' },
    source: 'cloud-init 22.4.2 cc_apt_pipelining.py',
  },
  {
    id: 'yum-repo',
    releases: RPM,
    paths: ['/etc/yum.repos.d/*.repo'],
    module: { name: 'yum_add_repo', frequency: 'instance', stage: 'config' },
    needsKey: 'yum_repos',
    effect: 'a repository file that is there is skipped, never overwritten',
    remedy: { kind: 'stays' },
    source: 'cloud-init 22.4.2 cc_yum_add_repo.py handle',
  },
  {
    id: 'dnf-vars',
    releases: AMAZON,
    paths: ['/etc/dnf/vars/awsregion', '/etc/dnf/vars/awsdomain', '/etc/yum/vars/awsregion', '/etc/yum/vars/awsdomain'],
    module: { name: 'write-metadata', frequency: 'instance', stage: 'network' },
    effect: 'each new instance writes the file from its metadata: the region that it runs in',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice:
        'bake no region; if the repositories really are to be those of one region, set `write_metadata: []` in /etc/cloud/cloud.cfg.d',
    },
    source: 'Amazon Linux 2023 cloud.cfg.d/10_aws_dnfvars.cfg',
  },
  {
    id: 'pkg-up',
    releases: APT,
    paths: ['/var/lib/dpkg/status'],
    module: UPGRADE,
    effect:
      'where package_upgrade or packages is set in the image, each new instance upgrades or installs packages at the end of its first boot',
    remedy: {
      kind: 'override',
      config: { ...NO_UPGRADE, apt_update: false, apt_upgrade: false, apt_reboot_if_required: false },
    },
    source: 'cloud-init 22.4.2 cc_package_update_upgrade_install.py handle: the older apt_* names count too',
  },
  {
    id: 'pkg-up',
    releases: ['al2023', 'rhel:9'],
    paths: ['/var/lib/rpm/rpmdb.sqlite'],
    module: UPGRADE,
    effect:
      'where package_upgrade or packages is set in the image, each new instance upgrades or installs packages at the end of its first boot',
    remedy: { kind: 'override', config: NO_UPGRADE },
    source: 'cloud-init 22.4.2 cc_package_update_upgrade_install.py handle',
  },
  {
    id: 'pkg-up',
    releases: ['al2'],
    paths: ['/var/lib/rpm/Packages'],
    module: UPGRADE,
    effect: 'repo_upgrade: security makes each new instance upgrade packages on its first boot, before SSH is up',
    remedy: { kind: 'override', config: { ...NO_UPGRADE, repo_upgrade: 'none' } },
    source: 'cloud.cfg of Amazon Linux 2',
  },
  ...caRows('ca', 'ca_certs'),
  // The older name of the key; where both are there, cloud-init reads ca_certs alone.
  ...caRows('ca-old', 'ca-certs'),
  {
    id: 'ca-name',
    releases: RELEASES,
    paths: [
      '/usr/local/share/ca-certificates/cloud-init-ca-cert*.crt',
      '/usr/share/ca-certificates/cloud-init-ca-certs.crt',
      '/usr/share/pki/ca-trust-source/anchors/cloud-init-ca-cert*.crt',
    ],
    module: { name: 'ca_certs', frequency: 'instance', stage: 'network' },
    needsKey: 'ca_certs',
    effect: 'cloud-init overwrites the file with the certificates of ca_certs',
    remedy: { kind: 'advice', severity: 'error', advice: 'name the certificate after its authority' },
    source: 'cloud-init 22.4.2 cc_ca_certs.py add_ca_certs',
  },
];
