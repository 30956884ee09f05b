import { describe, expect, test } from 'vitest';
import type { Release } from '../../src/model/release.ts';
import { type LayerContent, lint, told } from '../helpers/linting.ts';

const CFG = '/etc/cloud/cloud.cfg.d/90-web.cfg';
const cfg = (text: string): LayerContent => ({ [CFG]: `#cloud-config\n${text}\n` });
const at = (line: number, file = `files${CFG}`) => `${file}:${line}`;
const sh = (...lines: readonly string[]): LayerContent => ({
  '10.sh': ['#!/bin/sh', 'set -eu', ...lines, ''].join('\n'),
});
const inScript = (rule: string, line = 3) => `${rule} error scripts/10.sh:${line}`;

type Case = readonly [name: string, content: LayerContent, findings: readonly string[], release?: Release];

const inFiles: readonly Case[] = [
  ['host keys stay', cfg('ssh_deletekeys: false'), [`shared-host-keys error ${at(2)}`]],
  ['host keys go', cfg('ssh_deletekeys: true'), []],
  ['the cache is trusted', cfg('a: 1\nmanual_cache_clean: yes'), [`shared-host-keys error ${at(3)}`]],
  ['IMDS is off', cfg('disable_ec2_metadata: true'), [`imds error ${at(2)}`]],
  ['IMDS is on', cfg('disable_ec2_metadata: false'), []],
  ['a data source that is not EC2', cfg('datasource_list: [NoCloud]'), [`dslist error ${at(2)}`], 'rhel:9'],
  ['data sources in block style', cfg('datasource_list:\n  - Ec2\n  - None'), [`dslist error ${at(2)}`], 'rhel:9'],
  ['data sources over lines', cfg('datasource_list: [Ec2,\n  None]'), [`dslist error ${at(2)}`], 'rhel:9'],
  ['data sources in one line', cfg('datasource_list: [Ec2, None]'), [], 'rhel:9'],
  ['data sources that 90_dpkg.cfg beats', cfg('datasource_list: [Ec2, None]'), [`cfg-order warning ${at(2)}`]],
  ['no default user', cfg('users: []'), [`users-default error ${at(2)}`]],
  ['only other users', cfg('users: [{name: ops}]'), [`users-default warning ${at(2)}`]],
  ['more users', cfg('users: [default, {name: ops}]'), []],
  ['a module list', cfg('cloud_final_modules: [scripts-user]'), [`module-list warning ${at(2)}`]],
  ['a key in the wrong place', cfg('preserve_sources_list: true'), [`cfg-misplaced error ${at(2)}`]],
  ['the key where it belongs', cfg('apt: {preserve_sources_list: true}'), []],
  ['releasever on AL2023', cfg('repo_releasever: latest'), [`cfg-misplaced error ${at(2)}`], 'al2023'],
  ['releasever on AL2', cfg('repo_releasever: latest'), [], 'al2'],
  ['no network', cfg('network: {config: disabled}'), [`no-network warning ${at(2)}`]],
  ['no network of cloud-init’s on AL2023', cfg('network: {config: disabled}'), [], 'al2023'],
  ['no YAML', cfg('a: [1'), [`cfg-yaml error ${at(3)}`]],
  ['a tab', cfg('a:\n\tb: 1'), [`cfg-yaml error ${at(3)}`]],
  ['a key twice', cfg('a: 1\na: 2'), [`cfg-yaml error ${at(3)}`]],
  ['no mapping', cfg('- a'), [`cfg-yaml error ${at(1)}`]],
  ['comments only', cfg('# nothing yet'), []],
  ['no header', { [CFG]: 'timezone: UTC\n' }, []],
  ['a script', { [CFG]: '#!/bin/sh\ntrue\n' }, [`cfg-header error ${at(1)}`]],
  ['Jinja before 22.4', { [CFG]: '## template: jinja\n#cloud-config\n{}\n' }, [`cfg-jinja error ${at(1)}`], 'al2023'],
  ['Jinja from 22.4 on', { [CFG]: '## template: jinja\n#cloud-config\nfqdn: {{ v1.region }}\n' }, []],
  [
    'a name that is not read',
    { '/etc/cloud/cloud.cfg.d/a.yaml': 'a: 1\n' },
    ['cfg-name error files/etc/cloud/cloud.cfg.d/a.yaml:1'],
  ],
  [
    'a folder in cloud.cfg.d',
    { '/etc/cloud/cloud.cfg.d/a/b.cfg': 'a: 1\n' },
    ['cfg-name error files/etc/cloud/cloud.cfg.d/a/b.cfg:1'],
  ],
  [
    'a name of ours',
    { '/etc/cloud/cloud.cfg.d/99-bake-5.cfg': 'a: 1\n' },
    ['cfg-name error files/etc/cloud/cloud.cfg.d/99-bake-5.cfg:1'],
  ],
  ['its README', { '/etc/cloud/cloud.cfg.d/README': 'x' }, []],
  [
    'a name that loses against the image’s',
    { '/etc/cloud/cloud.cfg.d/00-a.cfg': 'manage_etc_hosts: false\n' },
    ['cfg-order warning files/etc/cloud/cloud.cfg.d/00-a.cfg:1'],
  ],
  [
    'a name that wins over the bake',
    { '/etc/cloud/cloud.cfg.d/99-z.cfg': 'a: 1\npreserve_hostname: false\n' },
    ['cfg-order warning files/etc/cloud/cloud.cfg.d/99-z.cfg:2'],
  ],
  ['… and says the same', { '/etc/cloud/cloud.cfg.d/99-z.cfg': 'preserve_hostname: true\n' }, []],
  ['cloud.cfg itself', { '/etc/cloud/cloud.cfg': 'a: 1\n' }, ['main-cfg error files/etc/cloud/cloud.cfg:1']],
  [
    'cloud-init off',
    { '/etc/cloud/cloud-init.disabled': '' },
    ['conf-off error files/etc/cloud/cloud-init.disabled:1'],
  ],
  [
    'a script per boot',
    { '/var/lib/cloud/scripts/per-boot/a.sh': '' },
    ['scripts error files/var/lib/cloud/scripts/per-boot/a.sh:1'],
  ],
  [
    'a template of the package',
    { '/etc/cloud/templates/hosts.debian.tmpl': '' },
    ['templates warning files/etc/cloud/templates/hosts.debian.tmpl:1'],
  ],
  [
    'a drop-in that loses',
    { '/etc/ssh/sshd_config.d/99-a.conf': '# x\nPasswordAuthentication no\n' },
    ['sshd-order error files/etc/ssh/sshd_config.d/99-a.conf:2'],
  ],
  [
    'a drop-in that sorts late about something else',
    { '/etc/ssh/sshd_config.d/99-a.conf': 'PermitRootLogin no\n' },
    [],
  ],
  [
    'a drop-in that speaks of it in a comment',
    { '/etc/ssh/sshd_config.d/99-a.conf': '#PasswordAuthentication no\n' },
    [],
  ],
  ['… or for some users', { '/etc/ssh/sshd_config.d/99-a.conf': 'Match User x\n  PasswordAuthentication yes\n' }, []],
  ['a drop-in that wins', { '/etc/ssh/sshd_config.d/10-a.conf': 'passwordauthentication no\n' }, []],
  [
    'cloud-init’s drop-in',
    { '/etc/ssh/sshd_config.d/50-cloud-init.conf': 'PasswordAuthentication no\n' },
    ['sshd-name error files/etc/ssh/sshd_config.d/50-cloud-init.conf:1'],
  ],
  [
    'a drop-in that is not read',
    { '/etc/ssh/sshd_config.d/10-a': 'X11Forwarding no\n' },
    ['sshd-unread error files/etc/ssh/sshd_config.d/10-a:1'],
  ],
  [
    'sshd_config without its Include',
    { '/etc/ssh/sshd_config': 'Port 22\nPasswordAuthentication no\n' },
    ['sshd-include warning files/etc/ssh/sshd_config:1', 'sshd-main warning files/etc/ssh/sshd_config:2'],
  ],
  ['sshd_config with it', { '/etc/ssh/sshd_config': 'Include /etc/ssh/sshd_config.d/*.conf\nPort 22\n' }, []],
  ['a host key', { '/etc/ssh/ssh_host_ed25519_key': 'x' }, ['hostkeys error files/etc/ssh/ssh_host_ed25519_key:1']],
  ['an authorized key', { '/root/.ssh/authorized_keys': 'x' }, ['authkeys error files/root/.ssh/authorized_keys:1']],
  ['a key in a file of its own', { '/etc/ssh/authorized_keys.d/ops': 'x' }, []],
  ['a machine id', { '/etc/machine-id': 'x' }, ['seed error files/etc/machine-id:1']],
  [
    'cloud-init’s sudoers',
    { '/etc/sudoers.d/90-cloud-init-users': { mode: '0440' } },
    ['sudoers-name error files/etc/sudoers.d/90-cloud-init-users:1'],
  ],
  [
    'sudoers that sudo ignores',
    { '/etc/sudoers.d/10-ops.conf': { mode: '0440' } },
    ['sudoers-unread error files/etc/sudoers.d/10-ops.conf:1'],
  ],
  [
    'sudoers that sudo refuses',
    { '/etc/sudoers.d/10-ops': { mode: '0664' } },
    ['sudoers-unread error files/etc/sudoers.d/10-ops:1'],
  ],
  [
    'sudoers of another owner',
    { '/etc/sudoers.d/10-ops': { owner: 'ops' } },
    ['sudoers-unread error files/etc/sudoers.d/10-ops:1'],
  ],
  ['sudoers', { '/etc/sudoers.d/10-ops': { mode: '0440' } }, []],
  [
    'names that cloud-init deletes',
    { '/etc/apt/apt.conf.d/94cloud-init-config': '' },
    ['apt-conf error files/etc/apt/apt.conf.d/94cloud-init-config:1'],
  ],
  [
    '… or overwrites',
    { '/etc/apt/apt.conf.d/90cloud-init-pipelining': '' },
    ['apt-pipe error files/etc/apt/apt.conf.d/90cloud-init-pipelining:1'],
  ],
  [
    '… in the log',
    { '/etc/rsyslog.d/20-cloud-config.conf': '' },
    ['rsyslog error files/etc/rsyslog.d/20-cloud-config.conf:1'],
  ],
  [
    '… among the authorities',
    { '/usr/local/share/ca-certificates/cloud-init-ca-certs.crt': '' },
    ['ca-name error files/usr/local/share/ca-certificates/cloud-init-ca-certs.crt:1'],
  ],
  [
    'cloud-init’s netplan',
    { '/etc/netplan/50-cloud-init.yaml': '' },
    ['network error files/etc/netplan/50-cloud-init.yaml:1'],
    'ubuntu:24.04',
  ],
  ['a netplan of one’s own', { '/etc/netplan/90-web.yaml': '' }, [], 'ubuntu:24.04'],
  ['the region', { '/etc/dnf/vars/awsregion': 'x' }, ['dnf-vars error files/etc/dnf/vars/awsregion:1'], 'al2023'],
  ['resolv.conf', { '/etc/resolv.conf': 'nameserver 1.1.1.1\n' }, ['resolv error files/etc/resolv.conf:1']],
  [
    'resolv.conf as a link',
    { '/etc/resolv.conf': { type: 'symlink', target: '../run/systemd/resolve/stub-resolv.conf' } },
    [],
  ],
  [
    'a mount with cloud-init’s mark',
    { '/etc/fstab': '# comment=cloudconfig\n/dev/xvdb /data ext4 defaults,comment=cloudconfig 0 2\n' },
    ['fstab-comment error files/etc/fstab:2'],
  ],
  ['a repository', { '/etc/yum.repos.d/web.repo': '' }, [], 'rhel:9'],
];

const inScripts: readonly Case[] = [
  ['an edit of cloud.cfg', sh("sed -i 's/a/b/' /etc/cloud/cloud.cfg"), [inScript('main-cfg')]],
  ['an edit after options', sh("sed -E -i -e 's/a/b/' -- /etc/cloud/cloud.cfg"), [inScript('main-cfg')]],
  [
    'reading cloud.cfg',
    sh('sed -n 1p /etc/cloud/cloud.cfg', 'cp /etc/cloud/cloud.cfg /root/before', 'grep a </etc/cloud/cloud.cfg'),
    [],
  ],
  ['cloud-init off', sh('touch /etc/cloud/cloud-init.disabled'), [inScript('conf-off')]],
  ['cloud-init’s units off', sh('systemctl --now disable cloud-init.service'), [inScript('conf-off')]],
  ['cloud-init masked', sh('sudo systemctl mask cloud-final'), [inScript('conf-off')]],
  ['other units off', sh('systemctl disable cloud-printer.service', 'systemctl enable cloud-init.service'), []],
  ['cloud-init removed', sh('apt-get purge -y cloud-init'), [inScript('conf-off')]],
  [
    'removals of what is made again',
    sh('rm -f /etc/ssh/ssh_host_*key*', 'rm -rf /var/lib/cloud/*', 'truncate -s 0 /etc/machine-id', ': > /dev/null'),
    [],
  ],
  ['a script per boot', sh('install -m 755 a /var/lib/cloud/scripts/per-boot/a'), [inScript('scripts')]],
  ['… copied into the folder', sh('cp a b /var/lib/cloud/scripts/per-boot/'), [inScript('scripts')]],
  [
    'a drop-in that loses',
    sh('cat > /etc/ssh/sshd_config.d/99-a.conf <<EOF', 'X11Forwarding no', 'PasswordAuthentication no', 'EOF'),
    [inScript('sshd-order', 5)],
  ],
  [
    'a drop-in through tee',
    sh('echo "PasswordAuthentication no" | sudo tee /etc/ssh/sshd_config.d/60-a.conf >/dev/null'),
    [inScript('sshd-order')],
  ],
  [
    'sshd_config in place',
    sh("sed -i 's/^#*PasswordAuthentication.*/PasswordAuthentication no/' /etc/ssh/sshd_config"),
    ['sshd-main warning scripts/10.sh:3'],
  ],
  [
    'cloud-config in a here-document',
    sh("cat <<'EOF' >/etc/cloud/cloud.cfg.d/90-a.cfg", '#cloud-config', 'ssh_deletekeys: false', 'EOF'),
    [inScript('shared-host-keys', 5)],
  ],
  [
    'cloud-config through echo',
    sh("echo 'manual_cache_clean: true' > /etc/cloud/cloud.cfg.d/90-a.cfg"),
    [inScript('shared-host-keys')],
  ],
  [
    'cloud-config through printf',
    sh("printf '%s\\n' '#cloud-config' 'ssh_deletekeys: false' > /etc/cloud/cloud.cfg.d/90-a.cfg"),
    [inScript('shared-host-keys')],
  ],
  ['cloud-config with a variable', sh('cat > /etc/cloud/cloud.cfg.d/90-a.cfg <<EOF', 'fqdn: [$NAME', 'EOF'), []],
  [
    'cloud-config that goes again',
    sh("echo 'ssh_deletekeys: false' > /etc/cloud/cloud.cfg.d/90-a.cfg", 'rm /etc/cloud/cloud.cfg.d/90-a.cfg'),
    [],
  ],
  [
    'a mount',
    sh("echo '/dev/xvdb /data ext4 defaults,comment=cloudconfig 0 2' >> /etc/fstab"),
    [inScript('fstab-comment')],
  ],
  ['metadata for nobody', sh('iptables -A OUTPUT -d 169.254.169.254 -j DROP'), [inScript('imds')]],
  ['metadata for root', sh('iptables -A OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j DROP'), []],
  ['metadata not for containers', sh('iptables -I FORWARD -d 169.254.169.254 -j DROP'), []],
  ['metadata without a route', sh('ip route add blackhole 169.254.169.254'), [inScript('imds')]],
  [
    'the answer to grub',
    sh("echo 'grub-pc grub-pc/install_devices multiselect /dev/xvda' | debconf-set-selections"),
    ['grub warning scripts/10.sh:3'],
  ],
  ['resolv.conf as a link', sh('ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf'), []],
  [
    'words in quotes and comments',
    sh(
      'echo "> /etc/cloud/cloud.cfg"',
      '# touch /etc/cloud/cloud-init.disabled',
      "grep -q 'x > /etc/machine-id' a || true",
    ),
    [],
  ],
  ['another root', sh('touch "$ROOT/etc/cloud/cloud-init.disabled"', 'touch "$ROOT"/etc/machine-id'), []],
  ['here-documents that only speak of it', sh("cat <<'EOF'", 'touch /etc/cloud/cloud-init.disabled', 'EOF'), []],
  ['a script in another language', { '10.py': '#!/usr/bin/python3\n# touch /etc/cloud/cloud-init.disabled\n' }, []],
];

for (const [where, cases] of [
  ['files', inFiles],
  ['scripts', inScripts],
] as const) {
  describe(`in ${where}`, () => {
    for (const [name, content, findings, release = 'debian:12'] of cases) {
      test(name, () => expect(told(lint(content, { release }))).toEqual(findings));
    }
  });
}

test('where the release is not known, what holds anywhere is found', () => {
  const found = told(
    lint({ '/etc/dnf/vars/awsregion': '', '/etc/netplan/50-cloud-init.yaml': '' }, { release: undefined }),
  );
  expect(new Set(found.map((text) => text.split(' ')[0]))).toEqual(new Set(['dnf-vars', 'network']));
});
