import { NAME_RULE, parseChannelName } from '../../model/ids.ts';
import type { WrittenChannel } from '../channel-schema.ts';
import { nearest } from '../nearest.ts';
import { choices, type Path, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import { targetKey, type WrittenTarget, writtenTargets } from '../written-targets.ts';

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
    const where = targetKey(target);
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

export function modesRule({ written, report }: RuleContext): void {
  for (const [name, { targets, pointers = {} }] of Object.entries(written.channels ?? {})) {
    const movesPointers = pointers.parameter !== undefined || pointers.launchTemplate !== undefined;
    for (const [position, { account, role, mode }] of targets.entries()) {
      const path = ['channels', name, 'targets', position];
      if (mode === undefined || role !== undefined) continue;
      if (account === undefined) {
        report([...path, 'mode'], 'is for another account: name its account, or leave mode out');
      } else if (mode === 'copy') {
        report(path, `needs a role of ${account}, which makes and owns the copies; write role, or mode: 'share'`);
      } else if (movesPointers) {
        report(
          path,
          `needs a role of ${account} to move the channel's pointers there; write role, or a channel for it`,
        );
      }
    }
  }
}

const requiredBy = ({ requires = [] }: WrittenChannel): readonly string[] =>
  'length' in requires ? requires : (requires.channels ?? []);

export function requirementsRule({ written: { channels = {} }, report }: RuleContext): void {
  const names = Object.keys(channels);
  for (const [name, channel] of Object.entries(channels)) {
    const path = requirementsPath(name, channel);
    for (const [position, required] of requiredBy(channel).entries()) {
      if (Object.hasOwn(channels, required)) continue;
      const others = names.filter((other) => other !== name);
      const meant = nearest(required, others);
      report([...path, position], `${show(required)} is not a channel; channels are ${choices(names)}`, meant);
    }
  }
}

const requirementsPath = (name: string, { requires = [] }: WrittenChannel): Path =>
  'length' in requires ? ['channels', name, 'requires'] : ['channels', name, 'requires', 'channels'];

export function requirementCyclesRule({ written: { channels = {} }, report }: RuleContext): void {
  const settled = new Set<string>();
  const walk = (name: string, above: readonly string[]): void => {
    const channel = channels[name];
    const seen = above.indexOf(name);
    if (seen !== -1) {
      const [first = '', ...others] = above.slice(seen);
      const path = requirementsPath(first, channels[first] as WrittenChannel);
      report(path, `a channel cannot wait for itself: ${[first, ...others, first].join(' → ')}`);
    }
    if (channel === undefined || settled.has(name)) return;
    settled.add(name);
    for (const required of requiredBy(channel)) walk(required, [...above, name]);
  };
  for (const name of Object.keys(channels)) walk(name, []);
}
