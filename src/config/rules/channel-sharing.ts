import { parseDays } from '../durations.ts';
import { show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import { writtenTargets } from '../written-targets.ts';

/** Launch permissions know organizations; permissions on snapshots, which a copy needs, know accounts only. */
export function organizationRule({ written, report }: RuleContext): void {
  const reported = new Set<object>();
  for (const { channel, account, mode, isForeign, entry, entryPath } of writtenTargets(written)) {
    const { organizations = [], organizationalUnits = [] } = written.channels?.[channel]?.share ?? {};
    if (organizations.length + organizationalUnits.length === 0 || mode === 'share' || !isForeign) continue;
    if (reported.has(entry)) continue;
    reported.add(entry);
    const whom = organizations.length > 0 ? 'an organization' : 'an organizational unit';
    report(
      entryPath,
      `copies to ${account}, but the channel shares with ${whom}, which gives launch permission alone: EC2 has no permission on snapshots for it, and a copy needs that; write mode: 'share', or a channel of its own for the copies`,
    );
  }
}

/** EC2 deprecates public images within two years. */
const LONGEST_PUBLIC = 730;

export function publicRule({ written, report }: RuleContext): void {
  const targets = writtenTargets(written);
  for (const [name, { share, deprecateAfter }] of Object.entries(written.channels ?? {})) {
    if (share?.public !== true) continue;
    const path = ['channels', name, 'share', 'public'];
    // What other accounts own is not ours to share.
    const encrypted = targets.find(
      ({ channel, kmsKey, mode, isForeign }) =>
        channel === name && kmsKey !== undefined && (mode === 'share' || !isForeign),
    );
    if (encrypted !== undefined) {
      const position = String(encrypted.entryPath.at(-1));
      report(path, `encrypted images cannot be public, and targets[${position}] has a key; leave out one of them`);
    }
    if (deprecateAfter !== undefined && (parseDays(deprecateAfter) ?? 0) > LONGEST_PUBLIC) {
      const rule = `is longer than the ${LONGEST_PUBLIC}d that EC2 allows public images`;
      report(['channels', name, 'deprecateAfter'], `${show(deprecateAfter)} ${rule}`);
    }
  }
}

export function sharedOnceRule({ written, report }: RuleContext): void {
  for (const [name, { share = {} }] of Object.entries(written.channels ?? {})) {
    for (const key of ['accounts', 'organizations', 'organizationalUnits'] as const) {
      for (const [position, whom] of (share[key] ?? []).entries()) {
        if (share[key]?.indexOf(whom) === position) continue;
        report(['channels', name, 'share', key, position], `${show(whom)} is there twice`);
      }
    }
  }
}
