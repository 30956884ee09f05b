import { beforeAll, describe, expect, test } from 'vitest';
import type { ContractRow, Override, OverrideValue } from '../../src/contract/row.ts';
import { rowsFor } from '../../src/contract/table.ts';
import type { Json } from '../../src/model/image.ts';
import type { CloudInitRelease } from '../helpers/cloud-init.ts';
import { CloudInitModules } from '../helpers/cloud-init-modules.ts';

/** What publishers' images really say, or could, and what a layer bakes: with the row's override none of it is lost. */
interface Experiment {
  readonly row: string;
  readonly vendor: Readonly<Record<string, Json>>;
  readonly baked?: Json;
  /** Values of `$baked` in the override. */
  readonly values?: Readonly<Record<string, Json>>;
}

const SSHD_CONFIG = 'Include @ROOT@/etc/ssh/sshd_config.d/*.conf\nPort 22\n';
const MASKED = { corp: { source: '# kept as baked', filename: 'bake-masked.list', append: false } };
const USERS = { users: ['default', { name: 'vendor' }], groups: [] };

const EXPERIMENTS: readonly Experiment[] = [
  {
    row: 'sshd-pw',
    vendor: { ssh_pwauth: true },
    baked: { sshd_config: SSHD_CONFIG, value: 'no' },
    values: { 'password-authentication': false },
  },
  { row: 'hostname', vendor: { preserve_hostname: false } },
  { row: 'hosts', vendor: { manage_etc_hosts: true }, baked: '127.0.0.1 localhost registry\n' },
  { row: 'apt-src', vendor: { apt: { preserve_sources_list: false } } },
  { row: 'apt-mirrors', vendor: { apt: { generate_mirrorlists: true } } },
  {
    row: 'apt-extra',
    vendor: { apt: { sources: { corp: { source: 'deb http://vendor.example x main' } } } },
    baked: { 'corp.list': 'deb http://corp.example x main\n' },
    values: { 'masked-apt-sources': MASKED },
  },
  { row: 'pkg-up', vendor: { package_update: true, package_upgrade: true, packages: ['telnetd'] } },
  { row: 'pkg-up', vendor: { apt_update: true, apt_upgrade: true } },
  { row: 'ca', vendor: { ca_certs: { remove_defaults: true, trusted: ['x'] } } },
  { row: 'ca-old', vendor: { 'ca-certs': { 'remove-defaults': true, trusted: ['x'] } } },
  { row: 'locale', vendor: { locale: 'fr_FR.UTF-8' }, baked: 'de_DE.UTF-8', values: { locale: 'de_DE.UTF-8' } },
  {
    row: 'timezone',
    vendor: { timezone: 'Asia/Tokyo' },
    baked: 'Europe/Berlin',
    values: { timezone: 'Europe/Berlin' },
  },
  { row: 'ntp', vendor: { ntp: { enabled: true, servers: ['vendor.example'] } }, baked: 'server corp.example\n' },
  {
    row: 'user',
    vendor: USERS,
    baked: { locked: true, sudo: ['ALL=(ALL) NOPASSWD:ALL'] },
    values: { 'default-user-locked': true },
  },
  {
    row: 'user',
    vendor: {},
    baked: { locked: false, sudo: ['ALL=(ALL) NOPASSWD:ALL'] },
    values: { 'default-user-locked': false },
  },
  { row: 'sudoers', vendor: {}, baked: { locked: true, sudo: null }, values: { 'default-user-sudo': null } },
  { row: 'passwords', vendor: { chpasswd: { expire: true, list: ['root:y'] } } },
  { row: 'password', vendor: { password: 'x' } },
  { row: 'passwords', vendor: { chpasswd: { users: [{ name: 'root', password: 'y', type: 'text' }] } } },
  { row: 'fstab', vendor: { mounts: [['/dev/null', '/mnt']] }, baked: '/dev/vdb /data ext4 nofail 0 2\n' },
  { row: 'fstab', vendor: {}, baked: '/dev/vdb /data ext4 nofail 0 2\n' },
  { row: 'swap', vendor: { swap: { size: 1_000_000 } } },
  { row: 'resolved', vendor: { manage_resolv_conf: true, resolv_conf: { nameservers: ['192.0.2.1'] } } },
];

const overrideOf = (id: string, release: CloudInitRelease): Override => {
  const row: ContractRow | undefined = rowsFor(release).find((candidate) => candidate.id === id);
  if (row?.remedy.kind !== 'override') throw new Error(`${id} has no override on ${release}`);
  return row.remedy.config;
};

/** As the guard writes it: with the values that it has read on the machine. */
function resolved(value: OverrideValue, values: Readonly<Record<string, Json>>): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: OverrideValue) => resolved(item, values));
  const baked = (value as { readonly $baked?: string }).$baked;
  if (baked !== undefined) return values[baked] ?? null;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, resolved(member as OverrideValue, values)]),
  );
}

describe.each(['debian:12', 'debian:13'] as const)('%s', (release) => {
  let cloudInit: CloudInitModules;
  beforeAll(async () => {
    cloudInit = await CloudInitModules.open(release);
  });

  describe('with the image’s own configuration a setting is lost, with the override it is not', () => {
    for (const { row, vendor, baked = null, values = {} } of EXPERIMENTS) {
      test(`${row}: ${JSON.stringify(vendor)}`, async () => {
        const image = { '50-vendor.cfg': vendor };
        expect(await cloudInit.lost(row, image, baked), 'without the override').not.toEqual([]);
        const override = resolved(overrideOf(row, release), values);
        expect(await cloudInit.lost(row, { ...image, '99-bake-010-web.cfg': override }, baked)).toEqual([]);
      });
    }

    test('every override of this release is tried', () => {
      const rows = rowsFor(release).filter(({ remedy }) => remedy.kind === 'override');
      const tried = new Set(EXPERIMENTS.map(({ row }) => row));
      expect(rows.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([]);
    });
  });

  describe('where no override helps, it is lost', () => {
    test.each([
      ['hostkeys', {}, null],
      ['apt-conf', {}, 'Acquire::Retries "3";\n'],
      ['apt-pipe', { apt_pipelining: false }, 'x'],
      ['sudoers-name', {}, 'debian ALL=(ALL) /usr/bin/true\n'],
      ['rsyslog', { rsyslog: { configs: ['*.* /x'] } }, 'y'],
      ['scripts', {}, '#!/bin/sh\n'],
    ])('%s', async (row, vendor, baked) => {
      expect(await cloudInit.lost(row, { '50-vendor.cfg': vendor }, baked)).not.toEqual([]);
    });
  });

  test('a repository file that is there stays', async () => {
    const vendor = { yum_repos: { corp: { baseurl: 'http://vendor.example' } } };
    expect(await cloudInit.lost('yum-repo', { '50-vendor.cfg': vendor }, '[corp]\n')).toEqual([]);
  });

  test('without the Include line sshd_config itself is rewritten, Match blocks too', async () => {
    const baked = { sshd_config: 'Port 22\nMatch User sftp\n  PasswordAuthentication yes\n', value: 'no' };
    const [lost] = await cloudInit.lost('sshd-pw', { '99-bake-010-web.cfg': { ssh_pwauth: false } }, baked);
    expect(lost).toContain('Match User sftp\\nPasswordAuthentication no');
  });

  test('ssh_deletekeys: false keeps host keys', async () => {
    expect(await cloudInit.lost('hostkeys', { '90-web.cfg': { ssh_deletekeys: false } })).toEqual([]);
  });
});
