import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contractFile } from '../../../src/render/guard-input.ts';
import type { CloudInit } from '../../helpers/cloud-init.ts';
import { MachineRoot } from '../../helpers/machine-root.ts';

/** What a vendor's image says, against nearly everything that a layer may bake. */
const VENDOR = `#cloud-config
ssh_pwauth: true
manage_etc_hosts: true
timezone: Etc/UTC
locale: en_US.UTF-8
ntp: {enabled: true, servers: [ntp.vendor.example]}
apt:
  preserve_sources_list: false
  generate_mirrorlists: true
  sources: {vendor.list: {source: "deb http://vendor.example stable main"}}
package_upgrade: true
packages: [vendor-agent]
ca_certs: {remove_defaults: true, trusted: [VENDOR]}
users: [default, {name: vendor}]
chpasswd: {expire: true, list: "vendor:secret"}
mounts: [[/dev/sdb, /data]]
`;

/** A Debian 12 with Debian's own cloud.cfg and a hostile vendor's drop-in. Layers `one` and `two` are baked on it. */
export async function debianRoot(cloudInit: CloudInit, positions: readonly number[] = [1, 2]): Promise<MachineRoot> {
  const root = await MachineRoot.create({
    '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
    '/etc/cloud/cloud.cfg': await readFile(join(cloudInit.tree, 'etc/cloud/cloud.cfg'), 'utf8'),
    '/etc/cloud/cloud.cfg.d/50-vendor.cfg': VENDOR,
    '/etc/passwd':
      'root:x:0:0::/root:/bin/bash\nwww-data:x:33:33::/var/www:/bin/sh\nadmin:x:1000:1000::/home/admin:/bin/bash\n',
    '/etc/shadow': 'root:*:1:::::\nadmin:!:1:::::\n',
    '/etc/group': 'root:x:0:\nadmin:x:1000:\nsudo:x:27:admin\n',
    '/etc/sudoers.d/90-cloud-init-users': '# Created by cloud-init\ndebian ALL=(ALL) NOPASSWD:ALL\n',
    '/etc/ssh/sshd_config': 'Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nPasswordAuthentication yes\n',
    '/etc/hosts': '127.0.0.1 localhost\n',
    '/etc/hostname': 'debian\n',
    '/etc/fstab': 'LABEL=root / ext4 rw 0 1\n',
    '/etc/default/locale': 'LANG=C.UTF-8\n',
    '/etc/localtime': { link: '/usr/share/zoneinfo/Etc/UTC' },
    '/etc/apt/sources.list': '# See debian.sources\n',
  });
  const layers = ['one', 'two'].map((name, index) => ({ name, position: positions[index] }));
  await writeFile(join(root.work, 'contract.json'), contractFile());
  await writeFile(join(root.work, 'layers.json'), JSON.stringify(layers));
  return root;
}

export const guard = (root: MachineRoot, ...args: readonly string[]) =>
  root.run('guard.py', '--work', root.work, ...args);
