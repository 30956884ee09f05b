import { RELEASES } from '../../model/release.ts';
import { APT, RPM } from '../release.ts';
import type { ContractRow } from '../row.ts';

export const IDENTITY_ROWS: readonly ContractRow[] = [
  {
    id: 'hostname',
    releases: RELEASES,
    paths: ['/etc/hostname'],
    module: { name: 'set_hostname', frequency: 'instance', stage: 'network' },
    effect:
      'each new instance gets the host name of its metadata or user-data, and update_hostname renews it on every boot',
    remedy: { kind: 'override', config: { preserve_hostname: true } },
    source: 'cloud-init 22.4.2 cc_set_hostname.py, cc_update_hostname.py',
  },
  {
    id: 'hosts',
    releases: APT,
    paths: ['/etc/hosts'],
    module: { name: 'update_etc_hosts', frequency: 'boot', stage: 'network' },
    needsKey: 'manage_etc_hosts',
    effect:
      'where manage_etc_hosts is true (Debian’s cloud images) every boot writes the file anew from /etc/cloud/templates/hosts.debian.tmpl',
    remedy: { kind: 'override', config: { manage_etc_hosts: false } },
    source: 'cloud-init 22.4.2 cc_update_etc_hosts.py; 01_debian_cloud.cfg of Debian’s images',
  },
  {
    id: 'hosts',
    releases: RPM,
    paths: ['/etc/hosts'],
    module: { name: 'update_etc_hosts', frequency: 'boot', stage: 'network' },
    needsKey: 'manage_etc_hosts',
    effect:
      'where manage_etc_hosts is true every boot writes the file anew from /etc/cloud/templates/hosts.redhat.tmpl',
    remedy: { kind: 'override', config: { manage_etc_hosts: false } },
    source: 'cloud-init 22.4.2 cc_update_etc_hosts.py',
  },
  {
    id: 'seed',
    releases: RELEASES,
    paths: ['/etc/machine-id', '/var/lib/dbus/machine-id', '/var/lib/systemd/random-seed', '/etc/hostid'],
    effect: 'every clone would be the same machine; the end of the bake empties or removes it',
    remedy: { kind: 'advice', severity: 'error', advice: 'leave it out: each clone makes its own on its first boot' },
    source: 'systemd 252 machine-id(5), systemd-random-seed.service(8)',
  },
];
