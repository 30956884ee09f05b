import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../helpers/cli.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';

const PEM = '-----BEGIN OPENSSH PRIVATE KEY-----';

/** Row of docs/hygiene.md, file, content: secrets that a layer leaves. */
const LEAKED = [
  ['history', '/root/.bash_history', 'curl -H "Authorization: Bearer s3cr3t" https://acme.example'],
  ['ssh-private-key', '/root/.ssh/id_ed25519', PEM],
  ['launch-keys', '/home/admin/.ssh/authorized_keys', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOsomebody someone@laptop'],
  ['cloud-credentials', '/root/.aws/credentials', '[default]'],
  ['aws-config', '/home/admin/.aws/config', 'aws_session_token = IQoJb3JpZ2lu'],
  ['tokens', '/root/.netrc', 'machine acme.example login build password hunter2'],
  ['docker-login', '/root/.docker/config.json', '{"auths": {"registry.acme.example": {"auth": "YWNtZTpodW50ZXIy"}}}'],
  ['npm-login', '/root/.npmrc', '//registry.acme.example/:_authToken=npm_0123'],
  ['pypi-login', '/root/.pypirc', 'password = hunter2'],
  ['database-login', '/root/.my.cnf', 'password=hunter2'],
  ['apt-login', '/etc/apt/auth.conf.d/acme.conf', 'machine acme.example login build password hunter2'],
  ['password-in-url', '/etc/environment', 'https_proxy=http://build:hunter2@proxy.acme.example:3128'],
  ['gpg-private-key', '/root/.gnupg/private-keys-v1.d/0123.key', 'Key: (private-key)'],
  ['key-in-home', '/home/admin/deploy/key', PEM],
] as const;

/** What hygiene removes, written again by something that it cannot know: a hook of a layer that runs after it. */
const WRITTEN_AGAIN = [
  ['host-keys', '/etc/ssh/ssh_host_ed25519_key', PEM],
  ['machine-id', '/etc/machine-id', '0123456789abcdef0123456789abcdef'],
  ['dbus-machine-id', '/var/lib/dbus/machine-id', '0123456789abcdef0123456789abcdef'],
  ['random-seed', '/var/lib/systemd/random-seed', 'not random'],
  ['leases', '/var/lib/dhcp/dhclient.eth0.leases', 'lease { fixed-address 10.0.2.15; }'],
  ['cloud-init', '/var/lib/cloud/instance', 'i-0123456789abcdef0'],
  ['logins', '/var/log/wtmp', 'admin'],
  ['logs', '/var/log/app.log', 'a password'],
  ['temporary', '/var/tmp/upload', 'left'],
] as const;

const write = (files: readonly (readonly [string, string, string])[]) =>
  files.map(([, path, text]) => `mkdir -p "$(dirname ${path})"\necho '${text}' >>${path}\n`).join('');

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
});
afterAll(() => sandbox?.down());

it('fails a bake that leaves what no clone may have, and names each', async () => {
  await using project = await sandbox.project({
    images: { leaky: { source: 'debian:12', layers: ['leaky'] } },
    layers: {
      leaky: {
        'layer.yaml': ['authkeys', 'region-id'].reduce(
          (text, rule) => `${text}  - {rule: ${rule}, reason: it is what is to be found on the machine}\n`,
          'accept:\n',
        ),
        'scripts/10-leak.sh': `#!/bin/sh\nset -eu\n${write(LEAKED)}chmod 0755 /etc/cloud/clean.d/90-again\n`,
        'files/etc/cloud/clean.d/90-again': `#!/bin/sh\nset -eu\nrm -f /var/lib/dbus/machine-id\n${write(WRITTEN_AGAIN)}`,
      },
    },
  });
  project.patience = 900_000;
  const { code, stdout } = await project.bake(['base', 'leaky', '--sandbox', '--json']);
  const { error } = resultOf(stdout).outcomes['leaky/x86_64'] ?? {};
  expect({ code, error: error?.code }).toEqual({ code: 1, error: 'image-not-clean' });
  const named = (error?.details ?? []).map((line) => line.replace(/: .*\((.*)\)$/, ' $1'));
  expect(named).toEqual(expect.arrayContaining([...LEAKED, ...WRITTEN_AGAIN].map(([row, path]) => `${path} ${row}`)));
  expect(await sandbox.leftovers()).toEqual([]);
});
