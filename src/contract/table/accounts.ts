import { RELEASES } from '../../model/release.ts';
import type { ContractRow, Remedy } from '../row.ts';

const SET_PASSWORDS = { name: 'set_passwords', frequency: 'instance', stage: 'config' } as const;
const NO_PASSWORDS: Remedy = { kind: 'override', config: { password: '', chpasswd: { list: '', users: [] } } };

export const ACCOUNT_ROWS: readonly ContractRow[] = [
  {
    id: 'user',
    releases: RELEASES,
    paths: ['/etc/passwd', '/etc/shadow', '/etc/group', '/etc/gshadow'],
    setting: { kind: 'login-accounts' },
    module: { name: 'users_groups', frequency: 'instance', stage: 'network' },
    effect:
      'each new instance makes the accounts of users that are missing; of those that are there it locks the password, adds the sudo rule and the keys again',
    remedy: {
      kind: 'override',
      config: {
        users: ['default'],
        system_info: { default_user: { lock_passwd: { $baked: 'default-user-locked' } } },
      },
    },
    source: 'cloud-init 22.4.2 cc_users_groups.py, distros/__init__.py create_user',
  },
  {
    id: 'sudoers',
    releases: RELEASES,
    paths: ['/etc/sudoers.d/90-cloud-init-users'],
    module: { name: 'users_groups', frequency: 'instance', stage: 'network' },
    effect: 'each new instance makes the file, or appends the default user’s rule to it (NOPASSWD: ALL by default)',
    remedy: {
      kind: 'override',
      config: { users: ['default'], system_info: { default_user: { sudo: { $baked: 'default-user-sudo' } } } },
    },
    source: 'cloud-init 22.4.2 distros/__init__.py write_sudo_rules',
  },
  {
    id: 'sudoers-name',
    releases: RELEASES,
    paths: ['/etc/sudoers.d/90-cloud-init-users'],
    module: { name: 'users_groups', frequency: 'instance', stage: 'network' },
    effect: 'the end of the bake deletes the file, and each new instance makes it anew with the default user’s rule',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice:
        'give the rules a file of their own, such as /etc/sudoers.d/10-<name>; to take the default user’s away, set `system_info: {default_user: {sudo: null}}` in /etc/cloud/cloud.cfg.d',
    },
    source: 'cloud-init 22.4.2 distros/__init__.py write_sudo_rules',
  },
  {
    id: 'passwords',
    releases: RELEASES,
    paths: ['/etc/shadow'],
    setting: { kind: 'login-accounts' },
    module: SET_PASSWORDS,
    needsKey: 'chpasswd',
    effect: 'where the image’s configuration has chpasswd, each new instance sets these passwords and lets them expire',
    remedy: NO_PASSWORDS,
    source: 'cloud-init 22.4.2 cc_set_passwords.py handle',
  },
  {
    id: 'password',
    releases: RELEASES,
    paths: ['/etc/shadow'],
    setting: { kind: 'login-accounts' },
    module: SET_PASSWORDS,
    needsKey: 'password',
    effect: 'where the image’s configuration has a password, each new instance gives it to the default user',
    remedy: NO_PASSWORDS,
    source: 'cloud-init 22.4.2 cc_set_passwords.py handle',
  },
];
