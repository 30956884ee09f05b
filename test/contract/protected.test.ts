import { describe, expect, test } from 'vitest';
import { lintLayers } from '../../src/contract/lint.ts';
import type { Release } from '../../src/model/release.ts';
import { brief, type LayerContent, layerText, lint } from '../helpers/linting.ts';

type Case = readonly [name: string, content: LayerContent, found: readonly string[], release?: Release];

const script = (text: string): LayerContent => ({ '10.sh': `#!/bin/sh\n${text}\n` });
const inScript = (row: string) => [`${row} protected scripts/10.sh:2`];

const cases: readonly Case[] = [
  ['the host name', { '/etc/hostname': 'web\n' }, ['hostname protected files/etc/hostname:1']],
  ['hosts', { '/etc/hosts': '127.0.0.1 localhost\n' }, ['hosts protected files/etc/hosts:1']],
  [
    'password login, at its line',
    { '/etc/ssh/sshd_config.d/10-a.conf': 'X11Forwarding no\nPasswordAuthentication no\n' },
    ['sshd-pw protected files/etc/ssh/sshd_config.d/10-a.conf:2'],
  ],
  [
    'nothing of sshd but that',
    { '/etc/ssh/sshd_config.d/10-a.conf': 'PermitRootLogin no\nHostCertificate /etc/ssh/x\n' },
    [],
  ],
  ['apt sources', { '/etc/apt/sources.list': 'deb x\n' }, ['apt-src protected files/etc/apt/sources.list:1']],
  [
    'apt sources in the new form',
    { '/etc/apt/sources.list.d/ubuntu.sources': '' },
    ['apt-src protected files/etc/apt/sources.list.d/ubuntu.sources:1'],
    'ubuntu:24.04',
  ],
  [
    'further apt sources',
    { '/etc/apt/sources.list.d/corp.list': '' },
    ['apt-extra protected files/etc/apt/sources.list.d/corp.list:1'],
  ],
  ['mirrors', { '/etc/apt/mirrors/debian.list': '' }, ['apt-mirrors protected files/etc/apt/mirrors/debian.list:1']],
  [
    'the locale on Debian',
    { '/etc/default/locale': 'LANG=de_DE.UTF-8\n' },
    ['locale protected files/etc/default/locale:1'],
  ],
  [
    'the locale on Debian 13, behind the link',
    { '/etc/locale.conf': 'LANG=de_DE.UTF-8\n' },
    ['locale protected files/etc/locale.conf:1'],
    'debian:13',
  ],
  [
    'the locale on RHEL',
    { '/etc/locale.conf': 'LANG=de_DE.UTF-8\n', '/etc/default/locale': '' },
    ['locale protected files/etc/locale.conf:1'],
    'rhel:9',
  ],
  [
    'the time zone, as a link',
    { '/etc/localtime': { type: 'symlink', target: '/usr/share/zoneinfo/Europe/Berlin' } },
    ['timezone protected files/etc/localtime:1'],
  ],
  ['the clock', { '/etc/chrony/chrony.conf': '' }, ['ntp protected files/etc/chrony/chrony.conf:1']],
  ['the clock’s own drop-ins', { '/etc/chrony/sources.d/a.sources': '' }, []],
  ['mounts', { '/etc/fstab': '/dev/xvdb /data ext4 nofail 0 2\n' }, ['fstab protected files/etc/fstab:1']],
  [
    'an authority',
    { '/usr/local/share/ca-certificates/acme.crt': '' },
    ['ca protected files/usr/local/share/ca-certificates/acme.crt:1'],
  ],
  ['hostnamectl', script('hostnamectl set-hostname web'), inScript('hostname')],
  ['timedatectl', script('timedatectl set-timezone Europe/Berlin'), inScript('timezone')],
  ['localectl', script('sudo -n localectl set-locale LANG=de_DE.UTF-8'), inScript('locale')],
  ['update-locale', script('update-locale LANG=de_DE.UTF-8'), inScript('locale')],
  ['a redirection', script('echo "127.0.0.1 localhost" > /etc/hosts'), inScript('hosts')],
  ['an edit', script("sed -i 's/a/b/' /etc/hosts"), inScript('hosts')],
  ['a removal', script('rm -f /etc/apt/sources.list'), inScript('apt-src')],
  ['an account', script('useradd --create-home ops'), inScript('user')],
  ['a system account', script('useradd --system api\nadduser --system --group api'), []],
  ['packages', script('apt-get update\napt-get install -y nginx'), ['pkg-up protected scripts/10.sh:3']],
  ['no packages', script('apt-get update\napt-get clean'), []],
  ['one row once', script('useradd a\nuseradd b\npasswd -l b'), inScript('user')],
  ['questions', script('hostnamectl\nhostnamectl status\ntimedatectl\ncat /etc/hosts'), []],
];

describe('predicted to be protected', () => {
  for (const [name, content, found, release = 'debian:12'] of cases) {
    test(name, () => expect(lint(content, { release }).map(brief)).toEqual(found));
  }
});

test('what the layer says itself needs no protection', () => {
  const hosts = { '/etc/hosts': '127.0.0.1 localhost\n' };
  const says = (value: string) => ({ '/etc/cloud/cloud.cfg.d/90-a.cfg': `manage_etc_hosts: ${value}\n` });
  expect(lint({ ...hosts, ...says('false') })).toEqual([]);
  expect(lint({ ...hosts, ...says('true') }).map(brief)).toEqual(['hosts protected files/etc/hosts:1']);
  const parent = layerText('base', says('false'), false);
  expect(lintLayers({ layers: [parent, layerText('web', hosts)], release: 'debian:12' })).toEqual([]);
});

test('it tells the path, what would happen, and what the bake writes', () => {
  expect(lint({ '/etc/apt/mirrors/debian.list': '' })).toEqual([
    {
      rule: 'apt-mirrors',
      severity: 'protected',
      layer: 'web',
      file: 'files/etc/apt/mirrors/debian.list',
      line: 1,
      path: '/etc/apt/mirrors/debian.list',
      message: expect.stringContaining('each new instance writes debian.list'),
      fix: 'the bake writes apt: {generate_mirrorlists: false, preserve_sources_list: true} into cloud.cfg.d where the image has apt.generate_mirrorlists',
      override: { apt: { generate_mirrorlists: false, preserve_sources_list: true } },
    },
  ]);
});
