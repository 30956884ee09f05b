import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { packageFile } from '../../src/setup/paths.ts';
import { type Changes, MachineRoot } from '../helpers/machine-root.ts';

const CLEAN: Changes = {
  '/etc/passwd':
    'root:x:0:0::/root:/bin/bash\nadmin:x:1000:1000::/home/admin:/bin/bash\napp:x:200:200::/var/lib/app:/bin/sh\n',
  '/etc/machine-id': '',
  '/var/lib/dbus/machine-id': { link: '/etc/machine-id' },
  '/root/.bashrc': 'alias ll=ls\n',
  '/root/.bash_history': '',
  '/root/.npmrc': 'registry=https://npm.example\n',
  '/root/.aws/config': '[default]\nregion = eu-central-1\n',
  '/root/.docker/config.json': '{"auths": {}}\n',
  '/home/admin/.profile': '',
  '/etc/environment': 'PATH=/usr/bin\nhttps_proxy=http://proxy.example:3128\n',
  '/etc/cloud/cloud.cfg': 'users: [default]\n',
  '/var/log/syslog': '',
  '/var/lib/apt/lists/lock': '',
};

const LAUNCH_KEY = 'ssh-ed25519 AAAALAUNCH bake/acme/base/1-x86_64';
const INSTANCE_DATA = JSON.stringify({ v1: { public_ssh_keys: [LAUNCH_KEY] } });
const PRIVATE_KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\n';

/** What the machine itself leaves: row, path, content. */
const TRACES: readonly (readonly [row: string, path: string, content?: string])[] = [
  ['host-keys', '/etc/ssh/ssh_host_ed25519_key'],
  ['host-keys', '/etc/ssh/ssh_host_rsa_key.pub'],
  ['machine-id', '/etc/machine-id', '0123456789abcdef0123456789abcdef\n'],
  ['dbus-machine-id', '/var/lib/dbus/machine-id', '0123456789abcdef0123456789abcdef\n'],
  ['random-seed', '/var/lib/systemd/random-seed'],
  ['host-secrets', '/var/lib/systemd/credential.secret'],
  ['host-secrets', '/etc/iscsi/initiatorname.iscsi'],
  ['region-config', '/var/lib/bake/region-config/current/values.json'],
  ['timers', '/var/lib/systemd/timers/stamp-apt-daily.timer'],
  ['leases', '/var/lib/dhcp/dhclient.ens5.leases'],
  ['leases', '/var/lib/NetworkManager/internal-1.lease'],
  ['network', '/etc/systemd/network/10-cloud-init-ens5.network'],
  ['cloud-init', '/var/lib/cloud/instance/obj.pkl'],
  ['cloud-init', '/etc/sudoers.d/90-cloud-init-users'],
  ['agents', '/var/lib/kubelet/pki/kubelet.key'],
  ['ssm', '/var/lib/amazon/ssm/i-0123/ipc'],
  ['known-hosts', '/root/.ssh/known_hosts'],
  ['tool-traces', '/home/admin/.wget-hsts'],
  ['temporary', '/tmp/script_1234.sh'],
  ['temporary', '/var/tmp/.hidden'],
  ['home-caches', '/root/.cache/pip/x'],
  ['spool', '/var/crash/x.crash'],
  ['package-caches', '/var/cache/apt/archives/nginx_1.22.deb'],
  ['package-lists', '/var/lib/apt/lists/archive.example_InRelease'],
  ['logins', '/var/log/wtmp'],
  ['journal', '/var/log/journal/0123456789abcdef/system.journal'],
  ['logs', '/var/log/nginx/access.log'],
];

/** What somebody has put there, or let lie. */
const SECRETS: readonly (readonly [row: string, path: string, content?: string])[] = [
  ['launch-keys', '/root/.ssh/authorized_keys', `${LAUNCH_KEY}\nssh-ed25519 AAAAOTHER eve\n`],
  ['launch-keys', '/home/admin/.ssh/authorized_keys2', 'ssh-rsa AAAAOTHER eve\n'],
  ['history', '/root/.bash_history', 'export TOKEN=ghp_x\n'],
  ['history', '/home/admin/.psql_history', 'select 1\n'],
  ['ssh-private-key', '/home/admin/.ssh/id_deploy', PRIVATE_KEY],
  ['cloud-credentials', '/home/admin/.aws/credentials', '[default]\n'],
  ['aws-config', '/root/.aws/config', 'aws_secret_access_key = x\n'],
  ['tokens', '/root/.netrc', 'machine x login y password z\n'],
  ['tokens', '/var/lib/app/.pgpass', '*:*:*:*:x\n'],
  ['docker-login', '/root/.docker/config.json', '{"auths": {"r": {"auth": "eDp5"}}}\n'],
  ['npm-login', '/root/.npmrc', '//npm.example/:_authToken=x\n'],
  ['pypi-login', '/root/.pypirc', '[pypi]\npassword = x\n'],
  ['database-login', '/root/.my.cnf', '[client]\npassword=x\n'],
  ['apt-login', '/etc/apt/auth.conf.d/90x.conf', 'machine x login y password z\n'],
  ['password-in-url', '/etc/environment', 'https_proxy=http://me:secret@proxy.example:3128\n'],
  ['password-in-url', '/etc/apt/apt.conf.d/80proxy', 'Acquire::http::Proxy "http://me:secret@proxy";\n'],
  ['gpg-private-key', '/root/.gnupg/private-keys-v1.d/A.key', '(key)'],
  ['key-in-home', '/home/admin/deploy/tls.pem', '-----BEGIN PRIVATE KEY-----\n'],
  ['key-in-home', '/root/install.sh', 'export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n'],
];

const filesOf = (rows: typeof TRACES): Changes =>
  Object.fromEntries(rows.map(([, path, content = 'content']) => [path, content]));
const named = (said: Awaited<ReturnType<MachineRoot['run']>>['said']) => said.map(({ row, path }) => `${row} ${path}`);
/** A folder that a row removes whole is named, and not what is in it. */
const TOPS: Readonly<Record<string, string>> = {
  '/var/lib/bake/region-config/current/values.json': '/var/lib/bake/region-config',
  '/var/lib/cloud/instance/obj.pkl': '/var/lib/cloud/instance',
  '/var/lib/amazon/ssm/i-0123/ipc': '/var/lib/amazon/ssm/i-0123',
  '/root/.cache/pip/x': '/root/.cache',
  '/var/log/journal/0123456789abcdef/system.journal': '/var/log/journal/0123456789abcdef',
};
const expected = (rows: typeof TRACES) => rows.map(([row, path]) => `${row} ${TOPS[path] ?? path}`);

test('a clean image passes, and cleaning it changes nothing', async () => {
  await using root = await MachineRoot.create(CLEAN);
  expect(await root.run('hygiene.py', 'check')).toEqual({ exitCode: 0, stderr: '', said: [] });
  expect(await root.run('hygiene.py', 'clean')).toEqual({ exitCode: 0, stderr: '', said: [] });
  for (const [path, content] of Object.entries(CLEAN)) {
    if (typeof content === 'string') expect(await root.text(path), path).toBe(content);
  }
});

test('every trace of the machine is removed', async () => {
  await using root = await MachineRoot.create({ ...CLEAN, ...filesOf(TRACES) });
  await root.run('hygiene.py', 'clean');
  expect(await root.run('hygiene.py', 'check')).toEqual({ exitCode: 0, stderr: '', said: [] });
  expect(await root.text('/etc/machine-id')).toBe('');
  expect(await root.text('/var/log/nginx/access.log')).toBe('');
});

test('every trace that comes back after cleaning is named', async () => {
  await using root = await MachineRoot.create(CLEAN);
  await root.run('hygiene.py', 'clean');
  await root.change(filesOf(TRACES));
  const { exitCode, said } = await root.run('hygiene.py', 'check');
  expect(exitCode).toBe(1);
  expect(new Set(named(said))).toEqual(
    // A journal is a log too, and a cache's or a lease's folder has only this one.
    new Set([...expected(TRACES), 'logs /var/log/wtmp', 'logs /var/log/journal/0123456789abcdef/system.journal']),
  );
});

test('every secret is named, and left for its owner to remove', async () => {
  await using root = await MachineRoot.create({
    ...CLEAN,
    ...filesOf(SECRETS),
    '/run/cloud-init/instance-data.json': INSTANCE_DATA,
  });
  await root.run('hygiene.py', 'clean');
  const { exitCode, said } = await root.run('hygiene.py', 'check');
  expect(exitCode).toBe(1);
  const twice = ['key-in-home /home/admin/.ssh/id_deploy', 'key-in-home /root/.aws/config'];
  expect(new Set(named(said))).toEqual(new Set([...expected(SECRETS), ...twice]));
  for (const finding of said) expect(finding).toMatchObject({ kind: 'unclean', why: expect.stringMatching(/\w/) });
  expect(await root.text('/root/.bash_history')).toContain('TOKEN');
});

test("the builder's key is removed, root's with its options too, and a file without others with it", async () => {
  const keys = `# comment\nno-pty,command="echo 'Please login as admin'" ${LAUNCH_KEY}\n`;
  await using root = await MachineRoot.create({
    ...CLEAN,
    '/run/cloud-init/instance-data.json': INSTANCE_DATA,
    '/root/.ssh/authorized_keys': keys,
    '/home/admin/.ssh/authorized_keys': `ssh-rsa AAAAOTHER eve\n${LAUNCH_KEY}\n`,
  });
  await root.run('hygiene.py', 'clean');
  expect(await root.text('/root/.ssh/authorized_keys')).toBeUndefined();
  expect(await root.text('/home/admin/.ssh/authorized_keys')).toBe('ssh-rsa AAAAOTHER eve\n');
});

test('a missing machine id is made empty, and one that is missing later is named', async () => {
  await using root = await MachineRoot.create({ ...CLEAN, '/etc/machine-id': null });
  expect(named((await root.run('hygiene.py', 'check')).said)).toEqual(['machine-id /etc/machine-id']);
  await root.run('hygiene.py', 'clean');
  expect(await root.text('/etc/machine-id')).toBe('');
});

test('a network that cloud-init is told to leave alone is the image’s own', async () => {
  const file = '/etc/systemd/network/10-cloud-init-ens5.network';
  const off = { '/etc/cloud/cloud.cfg.d/90-network.cfg': 'network: {config: disabled}\n' };
  await using root = await MachineRoot.create({ ...CLEAN, ...off, [file]: '[Match]\n' });
  await root.run('hygiene.py', 'clean');
  expect(await root.text(file)).toBe('[Match]\n');
  expect(await root.run('hygiene.py', 'check')).toMatchObject({ exitCode: 0 });
});

test('docs/hygiene.md has the table', async () => {
  const { stdout } = await execa('python3', [packageFile('templates', 'provision', 'hygiene.py'), 'table']);
  expect(await readFile(packageFile('docs', 'hygiene.md'), 'utf8')).toContain(stdout);
});
