import { RELEASES } from '../../model/release.ts';
import { APT, RPM } from '../release.ts';
import type { ContractRow } from '../row.ts';

const SSHD_FILES = ['/etc/ssh/sshd_config', '/etc/ssh/sshd_config.d/*.conf'];
const PASSWORD_AUTHENTICATION = { kind: 'sshd-keyword', keyword: 'PasswordAuthentication' } as const;

export const SSH_ROWS: readonly ContractRow[] = [
  {
    id: 'sshd-pw',
    releases: APT,
    paths: SSHD_FILES,
    setting: PASSWORD_AUTHENTICATION,
    module: { name: 'set_passwords', frequency: 'instance', stage: 'config' },
    needsKey: 'ssh_pwauth',
    effect:
      'where ssh_pwauth is true or false, each new instance writes PasswordAuthentication with that value: into sshd_config.d/50-cloud-init.conf if sshd_config has the line "Include /etc/ssh/sshd_config.d/*.conf", else over every such line of sshd_config',
    remedy: { kind: 'override', config: { ssh_pwauth: { $baked: 'password-authentication' } } },
    source: 'cloud-init 22.4.2 cc_set_passwords.py handle_ssh_pwauth, ssh_util.py update_ssh_config',
  },
  {
    id: 'sshd-pw',
    releases: RPM,
    paths: SSHD_FILES,
    setting: PASSWORD_AUTHENTICATION,
    module: { name: 'set_passwords', frequency: 'instance', stage: 'config' },
    effect:
      'the distribution sets ssh_pwauth: false, so each new instance writes PasswordAuthentication no: before 22.3 (Amazon Linux) always over every such line of sshd_config, those in Match blocks too',
    remedy: { kind: 'override', config: { ssh_pwauth: { $baked: 'password-authentication' } } },
    source: 'cloud.cfg.tmpl (amazon, rhel); cloud-init 22.2 cc_set_passwords.py',
  },
  {
    id: 'sshd-name',
    releases: RELEASES,
    paths: ['/etc/ssh/sshd_config.d/50-cloud-init.conf'],
    effect:
      'the file is cloud-init’s own: cloud-init rewrites it on a new instance and `cloud-init clean -c ssh_config` deletes it',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice:
        'give the drop-in a name of its own that sorts before 50-, such as 10-<name>.conf: sshd keeps the first value it reads',
    },
    source: 'cloud-init ssh_util.py _ensure_cloud_init_ssh_config_file; cmd/clean.py from 23.4',
  },
  {
    id: 'sshd-cert',
    releases: RELEASES,
    paths: SSHD_FILES,
    setting: { kind: 'sshd-keyword', keyword: 'HostCertificate' },
    module: { name: 'ssh', frequency: 'instance', stage: 'network' },
    needsKey: 'ssh_keys',
    effect: 'HostCertificate is written only where ssh_keys holds a certificate',
    remedy: { kind: 'stays' },
    source: 'cloud-init 22.4.2 cc_ssh.py handle',
  },
  {
    id: 'hostkeys',
    releases: RELEASES,
    paths: ['/etc/ssh/ssh_host_*key', '/etc/ssh/ssh_host_*key.pub', '/etc/ssh/ssh_host_*key-cert.pub'],
    module: { name: 'ssh', frequency: 'instance', stage: 'network' },
    effect: 'each new instance deletes all host keys and makes its own (ssh_deletekeys is true by default)',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice:
        'bake no host keys; choose their types with `ssh_genkeytypes: [ed25519, ecdsa]` in /etc/cloud/cloud.cfg.d',
    },
    source: 'cloud-init 22.4.2 cc_ssh.py handle',
  },
  {
    id: 'authkeys',
    releases: RELEASES,
    paths: ['/root/.ssh/authorized_keys', '/home/*/.ssh/authorized_keys'],
    module: { name: 'ssh', frequency: 'instance', stage: 'network' },
    effect:
      'the end of the bake removes its own key from every authorized_keys and fails if any other is left, since each new instance adds the key it was launched with and takes none away',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice:
        'put the keys in /etc/ssh/authorized_keys.d/<user> and name that in `AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/authorized_keys.d/%u`',
    },
    source: 'cloud-init 22.4.2 cc_ssh.py apply_credentials; ssh_util.py setup_user_keys',
  },
  {
    id: 'rootlogin',
    releases: RELEASES,
    paths: SSHD_FILES,
    setting: { kind: 'sshd-keyword', keyword: 'PermitRootLogin' },
    effect: 'cloud-init never writes PermitRootLogin',
    remedy: { kind: 'stays' },
    source: 'cloud-init 22.4.2 cc_ssh.py: disable_root only prefixes root’s authorized_keys',
  },
];
