import { NAME_RULE, parseChannelName } from '../../model/ids.ts';
import { type Path, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import type { WrittenConfig } from '../schema.ts';

/** One region of one entry of a channel's targets. */
export interface WrittenTarget {
  readonly channel: string;
  readonly path: Path;
  readonly account: string | undefined;
  readonly role: string | undefined;
  readonly region: string;
}

export function writtenTargets({ channels = {} }: WrittenConfig): readonly WrittenTarget[] {
  return Object.entries(channels).flatMap(([channel, { targets }]) =>
    targets.flatMap(({ account, role, regions }, entry) =>
      regions.map((region, position) => ({
        channel,
        path: ['channels', channel, 'targets', entry, 'regions', position],
        account,
        role,
        region,
      })),
    ),
  );
}

export function channelNamesRule({ written, report }: RuleContext): void {
  for (const name of Object.keys(written.channels ?? {})) {
    if (parseChannelName(name) !== undefined) continue;
    report(['channels', name], `${show(name)} is not a channel name; names are ${NAME_RULE}`);
  }
}

export function rolesRule({ written, report }: RuleContext): void {
  for (const [name, { targets }] of Object.entries(written.channels ?? {})) {
    for (const [position, { account, role }] of targets.entries()) {
      const path = ['channels', name, 'targets', position];
      const [, owner] = /^arn:[^:]+:iam::(\d{12}):/.exec(role ?? '') ?? [];
      if (owner === undefined || owner === account) continue;
      if (account === undefined) report([...path, 'account'], `is required beside a role; write '${owner}'`);
      else report([...path, 'role'], `is a role of account ${owner}, not of ${account}`);
    }
  }
}

/** A target is reached in one way, whichever channel names it. */
export function targetsRule({ written, report }: RuleContext): void {
  const first = new Map<string, WrittenTarget>();
  for (const target of writtenTargets(written)) {
    const where = `${target.account ?? 'own'}/${target.region}`;
    const known = first.get(where);
    if (known === undefined) first.set(where, target);
    else if (known.channel === target.channel) report(target.path, `${show(target.region)} is there twice`);
    else if (known.role !== target.role) {
      report(
        target.path.slice(0, 4),
        `reaches ${target.account} by ${target.role ?? 'no role'}, but channel ${known.channel} by ${known.role ?? 'no role'}`,
      );
    }
  }
}
