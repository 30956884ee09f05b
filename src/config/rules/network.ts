import { isIPv4, isIPv6 } from 'node:net';
import { formatPath, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import { scopes } from './scopes.ts';

export function networkRule({ written, report }: RuleContext): void {
  for (const { path, settings } of scopes(written)) {
    const cidrs = settings.build?.network?.allowedCidrs;
    if (cidrs === undefined || cidrs === 'auto') continue;
    const at = [...path, 'build', 'network', 'allowedCidrs'];
    if (cidrs.length === 0) report(at, "is empty, so nothing could reach the builder; leave it out or write 'auto'");
    for (const [position, cidr] of cidrs.entries()) {
      if (isCidr(cidr)) continue;
      const [single, bits] = isIPv4(cidr) ? ['address', '/32'] : isIPv6(cidr) ? ['address', '/128'] : [];
      const rule = single === undefined ? '203.0.113.0/24 or 2001:db8::/32' : `${cidr}${bits} for one ${single}`;
      report([...at, position], `${show(cidr)} is not a CIDR block such as ${rule}`);
    }
  }
}

function isCidr(text: string): boolean {
  const [, address = '', bits] = /^(.+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && !address.includes('%') && Number(bits) <= 128);
}

/** What places a builder is its subnet: without one it starts in the default VPC, whose subnets give public addresses. */
export function subnetRule({ written, inherited, report }: RuleContext): void {
  for (const { path, settings } of scopes(written)) {
    const { vpc, publicAddress } = settings.build?.network ?? {};
    if (vpc === undefined && publicAddress !== false) continue;
    const images = [...inherited].filter(([name]) => path.length === 0 || name === path[1]);
    if (images.every(([, image]) => image.build.network?.subnet !== undefined)) continue;
    const at = [...path, 'build', 'network'];
    const needs = `needs a subnet; write ${formatPath([...at, 'subnet'])}`;
    if (vpc !== undefined) report([...at, 'vpc'], `${show(vpc)} ${needs}`);
    if (publicAddress === false) report([...at, 'publicAddress'], `false ${needs}`);
  }
}

/** Session Manager reaches a builder only through the agent's permissions, which come from an instance profile. */
export function sessionManagerRule({ written, inherited, report }: RuleContext): void {
  for (const { path, settings } of scopes(written)) {
    if (settings.build?.communicator !== 'session-manager') continue;
    const images = [...inherited].filter(([name]) => path.length === 0 || name === path[1]);
    if (images.every(([, image]) => image.build.instanceProfile !== undefined)) continue;
    const wanted = formatPath([...path, 'build', 'instanceProfile']);
    report([...path, 'build', 'communicator'], `"session-manager" needs an instance profile; write ${wanted}`);
  }
}
