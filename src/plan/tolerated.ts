import type { CheckStatus } from '../model/trial.ts';

/** A difference between what was baked and what booted that is not a loss, and why. */
export interface Tolerated {
  readonly group: string;
  readonly name: RegExp;
  readonly because: string;
}

const RENDERED = 'cloud-init renders it from the instance metadata on each new instance';

/**
 * What a new instance writes by itself. Whatever matters of these files is compared as an effective setting: the values
 * of `sshd -T`, the users. Paths are those of cloud-init's renderers, in all distributions.
 */
export const TOLERATED: readonly Tolerated[] = [
  { group: 'network', name: /^\/etc\/netplan\/50-cloud-init\.yaml$/, because: RENDERED },
  { group: 'network', name: /^\/etc\/network\/interfaces\.d\/50-cloud-init(?:\.cfg)?$/, because: RENDERED },
  { group: 'network', name: /\/system-connections\/cloud-init-[^/]*\.nmconnection$/, because: RENDERED },
  { group: 'network', name: /\/conf\.d\/(?:99-cloud-init|30-cloud-init-ip6-addr-gen-mode)\.conf$/, because: RENDERED },
  {
    group: 'network',
    name: /\/systemd\/network\/(?:10-cloud-init-[^/]*|70-[^/]*)\.(?:network|link)/,
    because: RENDERED,
  },
  { group: 'network', name: /\/network-scripts\/ifcfg-e[^/]*$/, because: RENDERED },
  { group: 'network', name: /\/70-persistent-net\.rules$/, because: RENDERED },
  {
    group: 'files',
    name: /^\/etc\/ssh\/sshd_config\.d\/50-cloud-init\.conf$/,
    because: 'it is cloud-init’s own; what counts is what sshd makes of all files, and that is compared',
  },
  {
    group: 'files',
    name: /^\/etc\/apt\/apt\.conf\.d\/(?:90cloud-init-(?:aptproxy|pipelining)|94cloud-init-config)$/,
    because: 'it is cloud-init’s own and not for baking',
  },
  { group: 'files', name: /^\/etc\/(?:dnf|yum)\/vars\/aws(?:region|domain)$/, because: RENDERED },
];

/** Groups in which something that was not baked weakens the machine as much as something that is gone. */
const CLOSED_GROUPS = new Set(['sources', 'sudoers']);

/** How serious it is that a value differs; `undefined` stands for a name that is not there. */
export function verdictOn(
  group: string,
  name: string,
  expected: string | undefined,
): { readonly status: CheckStatus; readonly reason?: string } {
  const row = TOLERATED.find((tolerated) => tolerated.group === group && tolerated.name.test(name));
  if (row !== undefined) return { status: 'changed', reason: row.because };
  if (expected === undefined && !CLOSED_GROUPS.has(group)) {
    return { status: 'changed', reason: 'it is new on this machine, and nothing that was baked is gone' };
  }
  return { status: 'lost' };
}
