import { canonicalJson } from '../../model/canonical-json.ts';
import type { Json } from '../../model/image.ts';
import type { Release } from '../../model/release.ts';
import { isMapping } from '../cloud-config.ts';
import { AMAZON } from '../release.ts';

/** Something that is wrong in a cloud-config wherever it stands, in cloud.cfg.d or in user-data. */
export interface ConfigMistake {
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly path: readonly string[];
  readonly is: (value: Json) => boolean;
  /** Absent: on all. */
  readonly releases?: readonly Release[];
  readonly message: string;
  readonly fix: string;
}

const isFalse = (value: Json) => value === false;
const isTrue = (value: Json) => value === true;
const always = () => true;
const lists = (value: Json, member: Json) =>
  Array.isArray(value) && value.some((item: Json) => canonicalJson(item) === canonicalJson(member));

const MODULE_LISTS = ['cloud_init_modules', 'cloud_config_modules', 'cloud_final_modules'] as const;

export const CONFIG_MISTAKES: readonly ConfigMistake[] = [
  {
    rule: 'shared-host-keys',
    severity: 'error',
    path: ['ssh_deletekeys'],
    is: isFalse,
    message: 'clones keep the host keys of the image: whoever has one machine can pose as all of them',
    fix: 'remove ssh_deletekeys (true is the default), or set it to true',
  },
  {
    rule: 'shared-host-keys',
    severity: 'error',
    path: ['manual_cache_clean'],
    is: isTrue,
    message: 'a clone takes itself for the builder’s instance: no host keys of its own, no login key, no user-data',
    fix: 'remove manual_cache_clean',
  },
  {
    rule: 'imds',
    severity: 'error',
    path: ['disable_ec2_metadata'],
    is: isTrue,
    message: 'every boot blocks the route to 169.254.169.254, so nothing gets credentials, region or tags any more',
    fix: 'remove it, and block metadata for accounts: iptables … -m owner ! --uid-owner root -j REJECT',
  },
  {
    rule: 'dslist',
    severity: 'error',
    path: ['datasource_list'],
    is: (value) => !lists(value, 'Ec2'),
    message: 'a clone never asks EC2: it gets no login key and no user-data',
    fix: 'datasource_list: [Ec2, None]',
  },
  {
    rule: 'users-default',
    severity: 'error',
    path: ['users'],
    is: (value) => Array.isArray(value) && value.length === 0,
    message: 'a new instance has no default user: the login key reaches only root, for whom it is disabled',
    fix: 'users: [default]',
  },
  {
    rule: 'users-default',
    severity: 'warning',
    path: ['users'],
    is: (value) => Array.isArray(value) && value.length > 0 && !lists(value, 'default'),
    message: 'a new instance makes no default user where it is missing, and gives it no login key',
    fix: 'begin the list with default',
  },
  ...MODULE_LISTS.map(
    (key): ConfigMistake => ({
      rule: 'module-list',
      severity: 'warning',
      path: [key],
      is: always,
      message: `the list replaces that of cloud.cfg whole: modules that it does not name, and those of later releases, never run`,
      fix: 'remove it; take a module away with the key that the module reads',
    }),
  ),
  ...['preserve_sources_list', 'generate_mirrorlists'].map(
    (key): ConfigMistake => ({
      rule: 'cfg-misplaced',
      severity: 'error',
      path: [key],
      is: always,
      message: 'cloud-init reads this key below apt only, so here it does nothing',
      fix: `apt: {${key}: true}`,
    }),
  ),
  {
    rule: 'cfg-misplaced',
    severity: 'error',
    path: ['repo_releasever'],
    is: always,
    releases: ['al2023'],
    message: 'Amazon Linux 2023 does not read it: its releases are locked by the AMI',
    fix: 'write the version into /etc/dnf/vars/releasever',
  },
  {
    rule: 'no-network',
    severity: 'warning',
    path: ['network'],
    is: (value) => isMapping(value) && value.config === 'disabled',
    releases: ['debian:12', 'debian:13', 'ubuntu:22.04', 'ubuntu:24.04', 'rhel:9'],
    message: 'a clone has no network unless the image brings a configuration that gets addresses by DHCP',
    fix: 'bake that configuration too (netplan, systemd-networkd, interfaces or NetworkManager), for any interface name',
  },
];

/** Distributions whose cloud-init is from before 22.4, where files of cloud.cfg.d are no templates. */
export const WITHOUT_JINJA: readonly Release[] = AMAZON;
