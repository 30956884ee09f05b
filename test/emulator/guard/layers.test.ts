import { beforeAll, expect, test } from 'vitest';
import { CloudInit } from '../../helpers/cloud-init.ts';
import type { MachineRoot } from '../../helpers/machine-root.ts';
import { debianRoot, guard } from './debian-root.ts';

let cloudInit: CloudInit;
beforeAll(async () => {
  cloudInit = await CloudInit.unpacked();
});

const DROP_INS = '/etc/cloud/cloud.cfg.d';
const written = async (root: MachineRoot) => (await root.names(DROP_INS)).filter((name) => name.startsWith('99-bake'));

test('the layer that changes a setting again states it anew, above the first', async () => {
  await using root = await debianRoot(cloudInit);
  await guard(root, 'start');
  await root.change({ '/etc/ssh/sshd_config.d/10-a.conf': 'PasswordAuthentication no\n' });
  await guard(root, 'layer', '1');
  await root.change({ '/etc/ssh/sshd_config.d/10-a.conf': 'PasswordAuthentication yes\n' });
  const { said } = await guard(root, 'layer', '2');
  expect(said).toEqual([
    {
      kind: 'protected',
      row: 'sshd-pw',
      layer: 'two',
      paths: ['/etc/ssh/sshd_config.d/10-a.conf'],
      override: { ssh_pwauth: true },
      file: `${DROP_INS}/99-bake-020-two.cfg`,
    },
  ]);
  const { config } = await cloudInit.read(root.path, '');
  expect(config).toMatchObject({ ssh_pwauth: true });
});

test('running again changes and tells nothing', async () => {
  await using root = await debianRoot(cloudInit);
  await guard(root, 'start');
  await root.change({ '/etc/hostname': 'gate\n' });
  await guard(root, 'layer', '1');
  const before = await root.text(`${DROP_INS}/99-bake-010-one.cfg`);
  expect((await guard(root, 'layer', '1')).said).toEqual([]);
  expect(await root.text(`${DROP_INS}/99-bake-010-one.cfg`)).toBe(before);
});

test('what a layer changes back before its end is not baked', async () => {
  await using root = await debianRoot(cloudInit);
  await guard(root, 'start');
  await root.change({ '/etc/hosts': 'other\n' });
  await guard(root, 'layer', '1');
  expect(await written(root)).toEqual(['99-bake-010-one.cfg']);
  await root.change({ '/etc/hosts': '127.0.0.1 localhost\n' });
  await guard(root, 'layer', '1');
  expect(await written(root)).toEqual([]);
});

test("a child leaves its parent's drop-ins alone and repeats nothing of them", async () => {
  await using root = await debianRoot(cloudInit, [3, 4]);
  const parents = '#cloud-config\npreserve_hostname: true\n';
  await root.change({ [`${DROP_INS}/99-bake-020-base.cfg`]: parents });
  await guard(root, 'start');
  await root.change({ '/etc/hostname': 'api\n', '/etc/hosts': 'api\n' });
  const { said } = await guard(root, 'layer', '1');
  expect(said.map(({ row, file }) => [row, file])).toEqual([
    ['hostname', null],
    ['hosts', `${DROP_INS}/99-bake-030-one.cfg`],
  ]);
  expect(await root.text(`${DROP_INS}/99-bake-020-base.cfg`)).toBe(parents);
});

test('a parent that was baked with more layers than it has now does not win over its child', async () => {
  await using root = await debianRoot(cloudInit, [2, 3]);
  await root.change({ [`${DROP_INS}/99-bake-050-old.cfg`]: '#cloud-config\nssh_pwauth: true\n' });
  await guard(root, 'start');
  await root.change({ '/etc/ssh/sshd_config.d/10-a.conf': 'PasswordAuthentication no\n' });
  await guard(root, 'layer', '1');
  expect(await written(root)).toEqual(['99-bake-050-old.cfg', '99-bake-060-one.cfg']);
});

test('a finding has what the drop-in says, and nothing that would say nothing', async () => {
  await using root = await debianRoot(cloudInit);
  await root.change({ [`${DROP_INS}/50-vendor.cfg`]: 'package_upgrade: true\n' });
  await guard(root, 'start');
  await root.change({ '/var/lib/dpkg/status': 'Package: nginx\n' });
  const { said } = await guard(root, 'layer', '1');
  const [{ override } = { override: {} }] = said.filter(({ row }) => row === 'pkg-up');
  expect(override).toMatchObject({ package_upgrade: false });
  expect(override).not.toHaveProperty('packages');
  const dropIn = await root.text(`${DROP_INS}/99-bake-010-one.cfg`);
  for (const key of Object.keys(override as object)) expect(dropIn).toContain(`${key}:`);
});

test('no more layers than their numbers can tell apart', async () => {
  await using root = await debianRoot(cloudInit, [2, 3]);
  await root.change({ [`${DROP_INS}/99-bake-980-old.cfg`]: '#cloud-config\nssh_pwauth: true\n' });
  expect(await guard(root, 'start')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('so many layers') });
});

test('what the restart of a layer changes by itself is nobody’s, and what it undoes is told', async () => {
  await using root = await debianRoot(cloudInit);
  await guard(root, 'start');
  await root.change({ '/etc/hostname': 'gate\n' });
  await guard(root, 'layer', '1');
  await root.change({ '/etc/hostname': 'ip-10-0-0-1\n', '/etc/hosts': 'rendered\n' });
  expect((await guard(root, 'restarted')).said).toMatchObject([
    { kind: 'unprotected', row: 'hostname', layer: 'one', paths: ['/etc/hostname'] },
  ]);
  expect((await guard(root, 'layer', '1')).said).toEqual([]);
  expect((await guard(root, 'layer', '2')).said).toEqual([]);
});

test.each([
  ['a mistake that no override mends', '/etc/cloud/cloud-init.disabled', '', 'conf-off'],
  ['a drop-in that sorts after ours', `${DROP_INS}/zz.cfg`, 'preserve_hostname: false\n', 'hostname'],
])('%s is told', async (_, path, content, row) => {
  await using root = await debianRoot(cloudInit);
  await guard(root, 'start');
  await root.change({ [path]: content, '/etc/hostname': 'gate\n' });
  const { said } = await guard(root, 'layer', '1');
  expect(said.filter(({ kind }) => kind === 'unprotected')).toMatchObject([{ row, layer: 'one' }]);
});

test('modes and owners count, and accounts of people do while those of daemons do not', async () => {
  await using root = await debianRoot(cloudInit);
  await guard(root, 'start');
  await root.mode('/etc/hosts', 0o600);
  const passwd = await root.text('/etc/passwd');
  await root.change({ '/etc/passwd': `${passwd}daemon:x:300:300::/:/bin/false\n` });
  expect((await guard(root, 'layer', '1')).said.map(({ row }) => row)).toEqual(['hosts']);
  await root.change({ '/etc/passwd': `${passwd}ops:x:1001:1001::/home/ops:/bin/bash\n` });
  const { said } = await guard(root, 'layer', '2');
  expect(said.filter(({ row }) => row === 'user')).toMatchObject([{ paths: ['account ops'] }]);
});

test.each([
  ['of this image', { '/etc/cloud/cloud.cfg.d/90-users.cfg': 'users: [default, {name: later}]\n' }],
  [
    'of the parent',
    {
      '/etc/cloud/cloud.cfg.d/40-users.cfg': 'users: [default, {name: later}]\n',
      '/etc/cloud/cloud.cfg.d/50-vendor.cfg': null,
      '/usr/lib/bake/record.json': '{"sourceDropIns": ["50-vendor.cfg"]}\n',
    },
  ],
])("a list in a layer's own drop-in stays: %s", async (_, files) => {
  await using root = await debianRoot(cloudInit);
  if ('/usr/lib/bake/record.json' in files) await root.change(files);
  await guard(root, 'start');
  await root.change({ ...files, '/etc/passwd': 'root:x:0:0::/root:/bin/bash\nops:x:1001:1001::/home/ops:/bin/sh\n' });
  await guard(root, 'layer', '1');
  expect((await cloudInit.read(root.path, '')).config).toMatchObject({ users: ['default', { name: 'later' }] });
});

test('a release that the contract does not know is left alone', async () => {
  await using root = await debianRoot(cloudInit);
  await root.change({ '/etc/os-release': 'ID=nixos\nVERSION_ID=26\n' });
  await guard(root, 'start');
  await root.change({ '/etc/hostname': 'gate\n' });
  expect(await guard(root, 'layer', '1')).toMatchObject({ exitCode: 0, said: [] });
});
