import { RELEASES } from '../../model/release.ts';
import { AMAZON } from '../release.ts';
import type { ContractRow } from '../row.ts';

/** Files of cloud-init itself. */
export const CLOUD_INIT_ROWS: readonly ContractRow[] = [
  {
    id: 'main-cfg',
    releases: RELEASES,
    paths: ['/etc/cloud/cloud.cfg'],
    effect: 'the package owns the file: its next upgrade replaces it, or holds back and asks',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice: 'write what differs into /etc/cloud/cloud.cfg.d/90-<layer>.cfg: it is merged over cloud.cfg key by key',
    },
    source:
      'cloud-init settings.py CLOUD_CONFIG; a conffile of Debian’s package, marked DO NOT MODIFY by Amazon Linux 2023',
  },
  {
    id: 'conf-off',
    releases: RELEASES,
    paths: ['/etc/cloud/cloud-init.disabled'],
    effect: 'no clone runs cloud-init: all have the same host keys, none gets a login key, user-data or its disk grown',
    remedy: { kind: 'advice', severity: 'error', advice: 'remove it; mask single units or modules instead' },
    source: 'cloud-init cloud-init-generator',
  },
  {
    id: 'scripts',
    releases: RELEASES,
    paths: ['/var/lib/cloud/**'],
    effect:
      'the end of the bake removes everything in /var/lib/cloud, as `cloud-init clean` does, scripts/per-boot included',
    remedy: {
      kind: 'advice',
      severity: 'error',
      advice: 'bake a systemd unit, with ConditionFirstBoot or a stamp file if it is to run once',
    },
    source: 'cloud-init cmd/clean.py remove_artifacts',
  },
  {
    id: 'templates',
    releases: RELEASES,
    paths: ['/etc/cloud/templates/*.tmpl'],
    effect: 'the package owns the file: its next upgrade replaces it, or holds back and asks',
    remedy: {
      kind: 'advice',
      severity: 'warning',
      advice: 'bake the file that is rendered from it; cloud-init is told to leave that alone',
    },
    source: 'file list of the cloud-init package',
  },
  {
    id: 'reboot',
    releases: AMAZON,
    paths: ['/etc/selinux/config'],
    module: { name: 'power_state_change', frequency: 'instance', stage: 'final' },
    effect:
      'where the mode differs from the running kernel’s, the first boot of Amazon Linux 2023 ends in a restart (40_selinux-reboot.cfg)',
    remedy: {
      kind: 'advice',
      severity: 'warning',
      advice:
        'set the mode on the kernel’s command line too (grubby --update-kernel ALL --args enforcing=0) and restart in the layer',
    },
    source: 'Amazon Linux 2023 cloud.cfg.d/40_selinux-reboot.cfg',
  },
];
