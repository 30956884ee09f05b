import { describe, expect, test } from 'vitest';
import { type LayerContent, lint, told } from '../helpers/linting.ts';

const withUserData = (content: LayerContent, text: string) =>
  told(lint(content, { userData: { file: 'user-data.yaml', text } }));

const HOSTS = { '/etc/hosts': '127.0.0.1 localhost\n' };

describe('user-data', () => {
  const cases: readonly (readonly [name: string, content: LayerContent, userData: string, found: readonly string[]])[] =
    [
      [
        'undoes what is protected',
        HOSTS,
        '#cloud-config\nmanage_etc_hosts: true\n',
        ['user-data-undoes error files/etc/hosts:1'],
      ],
      ['says the same', HOSTS, '#cloud-config\nmanage_etc_hosts: false\n', []],
      ['is about something else', HOSTS, '#cloud-config\ntimezone: UTC\n', []],
      [
        'adds members to a list',
        { '10.sh': 'useradd ops\n' },
        '#cloud-config\nusers: [default, {name: x}]\n',
        ['user-data-undoes warning scripts/10.sh:1'],
      ],
      ['merges with a mapping', { '/etc/chrony/chrony.conf': '' }, '#cloud-config\nntp: {pools: [a]}\n', []],
      [
        'writes over a baked file',
        { '/etc/motd': '' },
        '#cloud-config\nwrite_files: [{path: /etc/motd, content: x}]\n',
        ['user-data-undoes error files/etc/motd:1'],
      ],
      [
        'appends to a baked file',
        { '/etc/motd': '' },
        '#cloud-config\nwrite_files: [{path: /etc/motd, content: x, append: true}]\n',
        [],
      ],
      [
        'has a mistake of its own',
        HOSTS,
        '#cloud-config\nssh_deletekeys: false\n',
        ['shared-host-keys error user-data.yaml:2'],
      ],
      ['has no header', HOSTS, 'timezone: UTC\n', ['user-data-header error user-data.yaml:1']],
      ['is no YAML', HOSTS, '#cloud-config\na: [\n', ['user-data-yaml error user-data.yaml:3']],
      ['is a script', HOSTS, '#!/bin/sh\ntrue\n', []],
      ['is of several parts', HOSTS, 'Content-Type: multipart/mixed; boundary=a\n', []],
    ];
  for (const [name, content, userData, found] of cases) {
    test(name, () => expect(withUserData(content, userData)).toEqual(found));
  }
});

test('what a layer says itself in cloud.cfg.d is undone as well', () => {
  const says = { ...HOSTS, '/etc/cloud/cloud.cfg.d/90-a.cfg': 'manage_etc_hosts: false\n' };
  const [found] = lint(says, { userData: { file: 'u', text: '#cloud-config\nmanage_etc_hosts: true\n' } });
  expect(found?.message).toContain('user-data says manage_etc_hosts: true (u:2)');
});
