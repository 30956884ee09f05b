import { describe, expect, it, test } from 'vitest';
import type { Settings } from '../../src/model/probe.ts';
import type { Check } from '../../src/model/trial.ts';
import { compareSettings } from '../../src/plan/compare-probe.ts';

const nobody = () => undefined;
const text = ({ id, status, expected, found }: Check) => `${status} ${id}: ${expected} -> ${found}`;
const differences = (baked: Settings, booted: Settings) =>
  compareSettings(baked, booted, nobody)
    .filter(({ id }) => id.includes('/'))
    .map(text);

describe('what differs', () => {
  test.each<[string, Settings, Settings, readonly string[]]>([
    ['nothing', { sshd: { x11forwarding: 'no' } }, { sshd: { x11forwarding: 'no' } }, []],
    [
      'an effective setting',
      { sshd: { passwordauthentication: 'no', usepam: 'yes' } },
      { sshd: { passwordauthentication: 'yes', usepam: 'yes' } },
      ['lost sshd/passwordauthentication: no -> yes'],
    ],
    [
      'a host name that was baked and one that the metadata service gave',
      { hostname: { '/etc/hostname': 'gateway' } },
      { hostname: { '/etc/hostname': '{local-hostname:short}' } },
      ['lost hostname/etc/hostname: gateway -> {local-hostname:short}'],
    ],
    [
      'a line of /etc/hosts that is gone, and one that is new',
      { hosts: { '127.0.0.1': 'localhost', '10.0.0.9': 'db.internal' } },
      { hosts: { '127.0.0.1': 'localhost', '127.0.1.1': '{local-hostname}' } },
      ['lost hosts/10.0.0.9: db.internal -> (not there)', 'changed hosts/127.0.1.1: (not there) -> {local-hostname}'],
    ],
    [
      'package sources: one that nobody baked is as bad as one that is gone',
      { sources: { '/etc/apt/sources.list': 'deb https://mirror.internal/debian bookworm main' } },
      { sources: { '/etc/apt/sources.list.d/debian.sources': 'Types: deb' } },
      [
        'lost sources/etc/apt/sources.list: deb https://mirror.internal/debian bookworm main -> (not there)',
        'lost sources/etc/apt/sources.list.d/debian.sources: (not there) -> Types: deb',
      ],
    ],
    [
      'no file that says nothing, there or not: what masks a source is one',
      { sources: { '/etc/apt/sources.list': '' } },
      { sources: { '/etc/apt/sources.list.d/bake-masked.list': '' } },
      [],
    ],
    [
      'sudo rules',
      { sudoers: { '/etc/sudoers.d/10-ops': '%ops ALL=(ALL) ALL' } },
      {
        sudoers: {
          '/etc/sudoers.d/10-ops': '%ops ALL=(ALL) ALL',
          '/etc/sudoers.d/90-x': 'admin ALL=(ALL) NOPASSWD:ALL',
        },
      },
      ['lost sudoers/etc/sudoers.d/90-x: (not there) -> admin ALL=(ALL) NOPASSWD:ALL'],
    ],
    [
      'a unit that presets have switched back',
      { units: { 'apt-daily.timer': 'disabled' } },
      { units: { 'apt-daily.timer': 'enabled', 'new.service': 'enabled' } },
      ['lost units/apt-daily.timer: disabled -> enabled', 'changed units/new.service: (not there) -> enabled'],
    ],
    [
      'a package that the first boot upgraded',
      { packages: { openssl: '3.0.17-1' } },
      { packages: { openssl: '3.0.19-1' } },
      ['lost packages/openssl: 3.0.17-1 -> 3.0.19-1'],
    ],
  ])('%s', (_, baked, booted, expected) => {
    expect(differences(baked, booted)).toEqual(expected);
  });
});

test.each([
  ['network', '/etc/netplan/50-cloud-init.yaml'],
  ['network', '/etc/network/interfaces.d/50-cloud-init'],
  ['network', '/etc/network/interfaces.d/50-cloud-init.cfg'],
  ['network', '/etc/NetworkManager/system-connections/cloud-init-eth0.nmconnection'],
  ['network', '/etc/systemd/network/10-cloud-init-ens5.network'],
  ['network', '/etc/sysconfig/network-scripts/ifcfg-eth0'],
  ['files', '/etc/ssh/sshd_config.d/50-cloud-init.conf'],
  ['files', '/etc/apt/apt.conf.d/90cloud-init-pipelining'],
])('%s: %s may differ, with a reason', (group, path) => {
  const [, check] = compareSettings(
    { [group]: { [path]: 'a', other: 'x' } },
    { [group]: { [path]: 'b', other: 'x' } },
    nobody,
  );
  expect(check).toMatchObject({ status: 'changed', reason: expect.stringMatching(/./) });
});

test.each([
  ['network', '/etc/netplan/90-ours.yaml'],
  ['network', '/etc/network/interfaces'],
  ['files', '/etc/ssh/sshd_config.d/10-ours.conf'],
  ['files', '/etc/cloud/cloud.cfg.d/99-bake-010-base.cfg'],
])('%s: %s may not', (group, path) => {
  expect(differences({ [group]: { [path]: 'a' } }, { [group]: { [path]: 'b' } })).toEqual([
    `lost ${group}${path}: a -> b`,
  ]);
});

it('counts what is as baked, and names the layer of what is not', () => {
  const baked = { files: { '/etc/a': '1', '/etc/b': '2', '/etc/c': '3' } };
  const booted = { files: { '/etc/a': '1', '/etc/b': '2', '/etc/c': '4' } };
  expect(compareSettings(baked, booted, (path) => (path === '/etc/c' ? 'web' : undefined))).toEqual([
    { id: 'files', title: 'guarded files', status: 'ok', found: '2 of 3 as baked' },
    { id: 'files/etc/c', title: 'guarded files: /etc/c', status: 'lost', expected: '3', found: '4', layer: 'web' },
  ]);
});

it('fails a group that the machine says nothing about, and passes over one that was not recorded', () => {
  expect(compareSettings({ sshd: { a: '1' } }, { fstab: { '/': 'x' } }, nobody)).toEqual([
    { id: 'sshd', title: 'settings of sshd', status: 'failed', reason: 'the machine does not say anything about it' },
  ]);
});

it('fails a record without any unit or user: it would take whatever boots for new', () => {
  const checks = compareSettings({ units: {}, fstab: {} }, { units: { 'ssh.service': 'enabled' }, fstab: {} }, nobody);
  expect(checks.map(({ id, status }) => [id, status])).toEqual([
    ['units', 'failed'],
    ['fstab', 'ok'],
  ]);
});
