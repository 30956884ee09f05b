import { RELEASES } from '../../model/release.ts';
import { APT } from '../release.ts';
import type { ContractRow } from '../row.ts';

export const STORAGE_ROWS: readonly ContractRow[] = [
  {
    id: 'fstab',
    releases: RELEASES,
    paths: ['/etc/fstab'],
    module: { name: 'mounts', frequency: 'instance', stage: 'network' },
    effect:
      'each new instance drops every line with comment=cloudconfig and adds the mounts of the image’s configuration, and ephemeral0 and swap where the instance has them',
    // An entry without a mount point is skipped, and takes the default entry's place. null there is not in the schema.
    remedy: { kind: 'override', config: { mounts: [['ephemeral0'], ['swap']] } },
    source: 'cloud-init 22.4.2 cc_mounts.py handle',
  },
  {
    id: 'swap',
    releases: RELEASES,
    paths: ['/swap.img', '/swapfile'],
    module: { name: 'mounts', frequency: 'instance', stage: 'network' },
    needsKey: 'swap',
    effect: 'where the image’s configuration has swap.size, each new instance makes a swap file',
    remedy: { kind: 'override', config: { swap: { size: 0 } } },
    source: 'cloud-init 22.4.2 cc_mounts.py handle_swapcfg',
  },
  {
    id: 'growpart',
    releases: RELEASES,
    paths: [],
    module: { name: 'growpart', frequency: 'boot', stage: 'network' },
    effect: 'every boot grows the root partition and its file system to the size of the volume',
    remedy: {
      kind: 'advice',
      severity: 'warning',
      advice: 'set `growpart: {mode: "off"}` and `resize_rootfs: false` in /etc/cloud/cloud.cfg.d if it must not grow',
    },
    source: 'cloud-init 22.4.2 cc_growpart.py, cc_resizefs.py',
  },
  {
    id: 'grub',
    releases: APT,
    paths: [],
    module: { name: 'grub_dpkg', frequency: 'instance', stage: 'config' },
    effect: 'each new instance sets debconf’s grub-pc/install_devices to the disk that it finds',
    remedy: {
      kind: 'advice',
      severity: 'warning',
      advice: 'set `grub_dpkg: {enabled: false}` in /etc/cloud/cloud.cfg.d if the baked answer must stay',
    },
    source: 'cloud-init 22.4.2 cc_grub_dpkg.py',
  },
];
