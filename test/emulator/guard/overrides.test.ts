import { beforeAll, describe, expect, test } from 'vitest';
import { CloudInit } from '../../helpers/cloud-init.ts';
import type { Changes } from '../../helpers/machine-root.ts';
import { debianRoot, guard } from './debian-root.ts';

let cloudInit: CloudInit;
beforeAll(async () => {
  cloudInit = await CloudInit.unpacked();
});

/** Lines of the drop-in without its comments. */
const settings = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('what a layer changes, what keeps it, and what cloud-init then makes of all its files', () => {
  test.each<[string, Changes, string[], object]>([
    ['host name', { '/etc/hostname': 'gate\n' }, ['preserve_hostname: true'], { preserve_hostname: true }],
    ['hosts', { '/etc/hosts': '10.0.0.1 gate\n' }, ['manage_etc_hosts: false'], { manage_etc_hosts: false }],
    [
      'sshd, by a drop-in',
      { '/etc/ssh/sshd_config.d/10-a.conf': 'PasswordAuthentication no\n' },
      ['ssh_pwauth: false'],
      { ssh_pwauth: false },
    ],
    [
      'sshd, as it stays effective: the first value wins',
      { '/etc/ssh/sshd_config.d/99-a.conf': 'passwordauthentication no\nMatch User x\nPasswordAuthentication yes\n' },
      ['ssh_pwauth: false'],
      { ssh_pwauth: false },
    ],
    ['another keyword of sshd', { '/etc/ssh/sshd_config.d/10-a.conf': 'X11Forwarding no\n' }, [], { ssh_pwauth: true }],
    ['locale', { '/etc/default/locale': 'LANG="de_DE.UTF-8"\n' }, ['locale: de_DE.UTF-8'], { locale: 'de_DE.UTF-8' }],
    [
      'time zone',
      { '/etc/localtime': { link: '../usr/share/zoneinfo/Europe/Berlin' } },
      ['timezone: Europe/Berlin'],
      { timezone: 'Europe/Berlin' },
    ],
    [
      'apt sources: the other keys of apt stay',
      { '/etc/apt/sources.list': 'deb http://mirror.example bookworm main\n' },
      ['apt:', '  preserve_sources_list: true'],
      { apt: expect.objectContaining({ preserve_sources_list: true, generate_mirrorlists: true }) },
    ],
    [
      'mirror lists',
      { '/etc/apt/mirrors/debian.list': 'http://mirror.example\n' },
      ['apt:', '  generate_mirrorlists: false', '  preserve_sources_list: true'],
      { apt: expect.objectContaining({ preserve_sources_list: true, generate_mirrorlists: false }) },
    ],
    [
      'clock',
      { '/etc/chrony/chrony.conf': 'server time.example\n' },
      ['ntp:', '  enabled: false'],
      { ntp: expect.objectContaining({ enabled: false }) },
    ],
    [
      'authorities',
      { '/usr/local/share/ca-certificates/acme.crt': 'CERT' },
      ['ca_certs:', '  remove_defaults: false', '  trusted: []'],
      { ca_certs: { remove_defaults: false, trusted: [] } },
    ],
    [
      'packages',
      { '/var/lib/dpkg/status': 'Package: nginx\n' },
      expect.arrayContaining(['package_upgrade: false', 'packages: []']),
      { package_upgrade: false, packages: [] },
    ],
    ['nothing that is guarded', { '/etc/motd': 'hello\n', '/etc/nginx/nginx.conf': '' }, [], { ssh_pwauth: true }],
  ])('%s', async (_, changes, expected, effective) => {
    await using root = await debianRoot(cloudInit);
    expect((await guard(root, 'start')).stderr).toBe('');
    await root.change(changes);
    const { said, stderr } = await guard(root, 'layer', '1');
    expect(stderr).toBe('');
    const dropIn = (await root.text('/etc/cloud/cloud.cfg.d/99-bake-010-one.cfg')) ?? '';
    expect(settings(dropIn)).toEqual(expected);
    const { config } = await cloudInit.read(root.path, dropIn);
    expect(config).toMatchObject(effective);
    const kinds = expected.length === 0 ? [] : ['protected'];
    expect([...new Set(said.map(({ kind }) => kind))]).toEqual(kinds);
  });

  test('on an image that asks for none of it, the schema of cloud-init accepts what is written', async () => {
    await using root = await debianRoot(cloudInit);
    await root.change({ '/etc/cloud/cloud.cfg.d/50-vendor.cfg': 'ssh_pwauth: true\n' });
    await guard(root, 'start');
    await root.change({
      '/etc/hostname': 'gate\n',
      '/etc/ssh/sshd_config.d/10-a.conf': 'PasswordAuthentication no\n',
      '/var/lib/dpkg/status': 'Package: nginx\n',
      '/etc/apt/sources.list': 'deb http://mirror.example bookworm main\n',
      '/etc/default/locale': 'LANG=de_DE.UTF-8\n',
      '/etc/fstab': '# mine\n',
    });
    await guard(root, 'layer', '1');
    const dropIn = (await root.text('/etc/cloud/cloud.cfg.d/99-bake-010-one.cfg')) ?? '';
    expect(dropIn).toMatch(/^#cloud-config\n# Written by bake for what layer one has baked\.\n# sshd-pw: \/etc\/ssh/);
    expect(await cloudInit.read(root.path, dropIn)).toMatchObject({ schemaErrors: null });
  });
});
