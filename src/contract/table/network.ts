import { RELEASES } from '../../model/release.ts';
import { APT, RPM, UBUNTU } from '../release.ts';
import type { ContractRow, Remedy } from '../row.ts';

const RENDERED = 'each new instance renders the file from the interfaces of its metadata before the network is up';
const RENDERER = { name: 'init-local', frequency: 'instance', stage: 'local' } as const;
const OWN_NAME: Remedy = {
  kind: 'advice',
  severity: 'error',
  advice:
    'write a file of another name that sorts later; or bake all of the network’s configuration and set `network: {config: disabled}` in /etc/cloud/cloud.cfg.d',
};

export const NETWORK_ROWS: readonly ContractRow[] = [
  {
    id: 'network',
    releases: UBUNTU,
    paths: ['/etc/netplan/50-cloud-init.yaml'],
    module: RENDERER,
    effect: RENDERED,
    remedy: OWN_NAME,
    source: 'cloud-init net/netplan.py',
  },
  {
    id: 'network',
    releases: ['debian:12', 'debian:13'],
    paths: [
      '/etc/network/interfaces.d/50-cloud-init',
      '/etc/network/interfaces.d/50-cloud-init.cfg',
      '/etc/netplan/50-cloud-init.yaml',
      '/etc/systemd/network/10-cloud-init-*.network',
    ],
    module: RENDERER,
    effect: RENDERED,
    remedy: OWN_NAME,
    source: 'cloud-init 22.4.2 net/eni.py, net/netplan.py, net/networkd.py',
  },
  {
    id: 'network',
    releases: RPM,
    paths: [
      '/etc/NetworkManager/system-connections/cloud-init-*.nmconnection',
      '/etc/NetworkManager/conf.d/99-cloud-init.conf',
      '/etc/NetworkManager/conf.d/30-cloud-init-ip6-addr-gen-mode.conf',
      '/etc/sysconfig/network-scripts/ifcfg-*',
      '/etc/systemd/network/10-cloud-init-*.network',
    ],
    module: RENDERER,
    effect: `${RENDERED} (not on Amazon Linux 2023, where amazon-ec2-net-utils owns the network)`,
    remedy: OWN_NAME,
    source: 'cloud-init net/network_manager.py, net/sysconfig.py; canonical/cloud-init#6666',
  },
  {
    id: 'network-names',
    releases: RELEASES,
    paths: ['/etc/udev/rules.d/70-persistent-net.rules'],
    module: RENDERER,
    effect:
      'each new instance writes the file with its own hardware addresses; those of the builder would rename a clone’s interfaces',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice: 'match by driver or path in a systemd .link file of another name',
    },
    source: 'cloud-init net/eni.py, net/sysconfig.py',
  },
  {
    id: 'hotplug',
    releases: RELEASES,
    paths: ['/etc/udev/rules.d/90-cloud-init-hook-hotplug.rules'],
    module: { name: 'install_hotplug', frequency: 'instance', stage: 'final' },
    effect: 'each new instance installs or removes the file as `updates` says',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice:
        'say it in /etc/cloud/cloud.cfg.d: `updates: {network: {when: [boot-new-instance]}}`, with `hotplug` in the list or not',
    },
    source: 'cloud-init 22.4.2 cc_install_hotplug.py',
  },
  {
    id: 'resolv',
    releases: RELEASES,
    paths: ['/etc/resolv.conf'],
    effect:
      'whoever gets the address by DHCP (systemd-networkd, NetworkManager, dhclient) writes the file anew on every boot',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice:
        'bake /etc/systemd/resolved.conf.d/<name>.conf, or `supersede domain-name-servers …;` in /etc/dhcp/dhclient.conf',
    },
    source:
      'resolv.conf(5) of systemd, NetworkManager and isc-dhcp; cc_resolv_conf is in no module list of these releases',
  },
  {
    id: 'resolved',
    releases: RELEASES,
    paths: ['/etc/systemd/resolved.conf'],
    module: { name: 'resolv_conf', frequency: 'instance', stage: 'config' },
    needsKey: 'manage_resolv_conf',
    effect: 'where manage_resolv_conf is true, each new instance renders the file',
    remedy: { kind: 'override', config: { manage_resolv_conf: false } },
    source: 'cloud-init 22.4.2 cc_resolv_conf.py',
  },
  {
    id: 'rsyslog',
    releases: [...APT, ...RPM],
    paths: ['/etc/rsyslog.d/20-cloud-config.conf'],
    module: { name: 'rsyslog', frequency: 'instance', stage: 'network' },
    needsKey: 'rsyslog',
    effect: 'where the configuration has rsyslog, each new instance truncates the file and writes its own',
    remedy: { kind: 'advice', severity: 'error', advice: 'give the file a name of its own, such as 30-<name>.conf' },
    source: 'cloud-init 22.4.2 cc_rsyslog.py',
  },
];
