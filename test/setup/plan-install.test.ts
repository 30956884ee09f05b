import { describe, expect, it } from 'vitest';
import { planInstall } from '../../src/setup/plan-install.ts';
import type { ToolRow } from '../../src/setup/probe.ts';
import type { System } from '../../src/setup/system.ts';
import type { ToolName } from '../../src/setup/tools.ts';

const missing = (name: ToolName): ToolRow => ({ name, purpose: '', status: 'missing', problem: 'not found' });
const present = (name: ToolName): ToolRow => ({ name, purpose: '', status: 'present', path: `/${name}`, version: '1' });

const debian: System = { platform: 'linux', arch: 'x64', packageManager: 'apt', asRoot: [] };
const withoutSudo: System = { ...debian, asRoot: undefined };
const fedora: System = { platform: 'linux', arch: 'x64', packageManager: 'dnf', asRoot: [] };
const mac: System = { platform: 'darwin', arch: 'arm64', packageManager: 'brew', asRoot: undefined };
const plan9: System = { platform: 'aix', arch: 'ppc64', packageManager: undefined, asRoot: undefined };

describe('planInstall', () => {
  it.each([
    ['nothing where everything is there', debian, [present('git')], { kind: 'nothing' }],
    [
      'one apt call, a shared package once',
      debian,
      [missing('mke2fs'), missing('debugfs'), missing('packer'), present('git')],
      { kind: 'install', aptPackages: ['e2fsprogs', 'packer'], packerRelease: false },
    ],
    [
      "HashiCorp's Packer without the right to use apt",
      withoutSudo,
      [missing('packer')],
      { kind: 'install', aptPackages: [], packerRelease: true },
    ],
    [
      "HashiCorp's Packer on a Mac",
      mac,
      [missing('packer')],
      { kind: 'install', aptPackages: [], packerRelease: true },
    ],
  ])('plans %s', (_, system, rows, plan) => {
    expect(planInstall(rows, system)).toEqual(plan);
  });

  it.each([
    [
      'all of them when one cannot be installed',
      withoutSudo,
      ['qemu-img', 'python3', 'packer'],
      ['qemu-img', 'python3'],
    ],
    ['what this system does not have', mac, ['mmdebstrap'], ['mmdebstrap']],
    ['Packer where it is not released', plan9, ['packer'], ['packer']],
  ] as const)('lists %s', (_, system, names, listed) => {
    const plan = planInstall(names.map(missing), system);
    expect(plan.kind === 'impossible' && plan.missing.map((tool) => tool.name)).toEqual(listed);
  });

  it.each([
    [withoutSudo, 'qemu-img', /apt-get install --no-install-recommends qemu-utils$/],
    [fedora, 'grub-mkimage', /dnf install grub2-pc-modules$/],
    [mac, 'qemu-system-x86_64', /^brew install qemu$/],
    [mac, 'mmdebstrap', /^Install mmdebstrap and put it on PATH.$/],
  ] as const)('says what to type', (system, name, hint) => {
    const plan = planInstall([missing(name)], system);
    expect(plan.kind === 'impossible' && plan.missing[0]?.hint).toMatch(hint);
  });
});
