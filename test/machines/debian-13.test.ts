import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Protection } from '../../src/model/guarded.ts';
import type { TrialReport } from '../../src/model/trial.ts';
import { checksOf } from '../../src/model/trial.ts';
import { eventsOf, resultOf } from '../helpers/cli.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { Project } from '../helpers/project.ts';

// What an image's vendor says, and a layer that says otherwise, by files and by scripts. No packages.
const VENDOR = `ssh_pwauth: true
preserve_hostname: false
manage_etc_hosts: true
timezone: Asia/Tokyo
locale: C.UTF-8
`;

const SCRIPT = `#!/bin/sh
set -eu
echo baked-host >/etc/hostname
ln -sf /usr/share/zoneinfo/Europe/Berlin /etc/localtime
echo Europe/Berlin >/etc/timezone
echo LANG=C >/etc/default/locale
sed -i 's/^Suites: trixie trixie-updates$/Suites: trixie/' /etc/apt/sources.list.d/debian.sources
echo http://mirror.example/debian >/etc/apt/mirrors/debian.list
echo 'tmpfs /data tmpfs nofail 0 0' >>/etc/fstab
mkdir -p /data
systemctl disable apt-daily.timer
`;

const layers = {
  vendor: { 'files/etc/cloud/cloud.cfg.d/50-vendor.cfg': VENDOR },
  os: {
    'files/etc/ssh/sshd_config.d/10-os.conf': 'PasswordAuthentication no\nX11Forwarding no\n',
    'files/etc/hosts': '127.0.0.1 localhost\n192.0.2.7 licence.example\n',
    'files/etc/sudoers.d/50-os': 'daemon ALL=(root) NOPASSWD: /usr/bin/true\n',
    'layer.yaml': "files:\n  - { path: '/etc/sudoers.d/*', mode: '0440' }\n",
    'scripts/10-os.sh': SCRIPT,
    'test/10-release':
      '#!/bin/sh\nset -eu\n. /etc/os-release\ntest "$VERSION_ID" = 13\ntest "$(hostname)" = baked-host\n',
  },
};
const images = { base: { source: 'debian:13', layers: ['vendor', 'os'] } };

let sandbox: CliSandbox;
let project: Project;

beforeAll(async () => {
  // It is up without Debian 13, which the project brings.
  sandbox = await CliSandbox.up();
  project = await sandbox.project({ images, layers, settings: { build: { timeLimits: { connect: '4m' } } } });
  project.patience = 1_200_000;
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await sandbox?.down();
});

it('is baked, and nothing of it is lost on two boots', async () => {
  const baked = await project.bake(['base', '--sandbox', '--json']);
  if (baked.code !== 0) throw new Error(baked.stdout);
  const protections = eventsOf(baked.stdout).filter(({ type }) => type === 'protected') as unknown as readonly {
    readonly protection: Protection;
  }[];
  expect(protections.map(({ protection: { row } }) => row).sort()).toEqual([
    'apt-mirrors',
    'apt-src',
    'fstab',
    'hostname',
    'hosts',
    'locale',
    'sshd-pw',
    'timezone',
  ]);

  const { code, stdout } = await project.bake(['try', 'base', '--sandbox', '--json']);
  const event = eventsOf(stdout).find(({ type }) => type === 'trial-finished');
  const { report } = event as unknown as { readonly report: TrialReport };
  const troubles = checksOf(report).filter(({ check: { status } }) => status === 'lost' || status === 'failed');
  expect(troubles.map(({ at, check }) => `${at}: ${check.id}: ${check.found}`)).toEqual([]);
  expect({ code, result: resultOf(stdout) }).toMatchObject({ code: 0, result: { ok: true } });
  expect(report.clones.map(({ boots, tests }) => [boots.length, tests.map(({ ok }) => ok)])).toEqual([[2, [true]]]);
  expect(await sandbox.leftovers()).toEqual([]);
});
