import type { AmiId } from '../../model/ids.ts';
import type { ObservedImage, SiteStep, Wanted } from '../../model/promotion.ts';
import { grantsIn, KEPT } from '../../model/status-tags.ts';
import { copiesAt, copyRequest } from './attempt.ts';
import { grantStep, planGrant, planRevoke } from './grants.ts';
import { planSharing } from './plan-sharing.ts';
import { missingTags } from './plan-tags.ts';

/** What there is, as far as one wanted image goes. */
export interface SiteLook {
  /** AMIs at the site; permissions of what serves. */
  readonly there: readonly ObservedImage[];
  /** As it is now, with permissions and status tags. */
  readonly source: ObservedImage;
  readonly now: Date;
  /** Attempts that EC2 has accepted and that are gone: it would answer the same request with the AMI that was. */
  readonly spent?: number;
}

/** The AMI that serves or will serve: the source itself at home, else a copy. */
export const servingAt = (wanted: Wanted, { there, source }: SiteLook): ObservedImage | undefined =>
  wanted.copied ? copiesAt(wanted, there).current : source;

/** What has to be done to make what is wanted true; nothing where it is. The only place that knows. */
export function planSite(wanted: Wanted, look: SiteLook): readonly SiteStep[] {
  const current = servingAt(wanted, look);
  const ready = current?.state === 'available' ? current : undefined;
  const imageId = current?.imageId ?? null;
  return [
    ...(wanted.copied ? planCopy(wanted, look) : keepGrants(wanted, look.source)),
    ...(ready === undefined ? [] : missingTags(wanted, ready)),
    ...planSharing(wanted.sharing, ready, imageId),
    ...planDeprecation(wanted, ready, imageId, look.now),
    ...planProtection(wanted, ready, imageId),
    ...planRevoking(wanted, look),
  ];
}

function planCopy(wanted: Wanted, { there, source, spent = 0 }: SiteLook): readonly SiteStep[] {
  const { current, dead, next } = copiesAt(wanted, there);
  const steps: SiteStep[] = [];
  if (current === undefined) {
    const { account } = wanted.site;
    const foreign = account !== source.site.account;
    if (foreign && planGrant(source, account, wanted.channel)) steps.push(grantStep('grant', account, source));
    const bytes = source.snapshots.reduce((sum, snapshot) => sum + snapshot.bytes, 0);
    steps.push({
      do: 'copy',
      request: copyRequest(wanted, Math.max(next, spent + 1)),
      bytes,
      snapshots: source.snapshots.length,
    });
  }
  for (const { imageId, reason, state } of dead) steps.push({ do: 'remove-dead', imageId, reason: reason ?? state });
  const waits = current === undefined || current.state === 'pending' || current.state === 'transient';
  if (waits) steps.push({ do: 'wait', imageId: current?.imageId ?? null });
  return steps;
}

/** Somebody who is to have the source for good has it for a copy already: that must not be taken back. */
function keepGrants({ sharing }: Wanted, source: ObservedImage): readonly SiteStep[] {
  const passing = grantsIn(source.tags).filter(({ account, takesBack }) => {
    return takesBack !== KEPT && sharing.accounts.includes(account);
  });
  if (passing.length === 0) return [];
  return [{ do: 'tag', resources: [source.imageId], tags: Object.fromEntries(passing.map(({ key }) => [key, KEPT])) }];
}

/** Another channel may have set a later one, and that stays. EC2 takes no date of the past. */
function planDeprecation(
  { deprecateAt: at }: Wanted,
  ready: ObservedImage | undefined,
  imageId: AmiId | null,
  now: Date,
): readonly SiteStep[] {
  if (at === undefined || isPast(at, now)) return [];
  const has = ready?.deprecateAt;
  return has !== undefined && Date.parse(has) >= Date.parse(at) ? [] : [{ do: 'deprecate', imageId, at }];
}

/** Within a minute, it would be past before EC2 sees it. */
export const isPast = (at: string, now: Date): boolean => Date.parse(at) <= now.getTime() + 60_000;

const STRENGTH = ['off', 'on', 'with-cooldown'];

/** Never weakened: another channel may want it stronger. */
function planProtection(
  { deregistrationProtection: protection }: Wanted,
  ready: ObservedImage | undefined,
  imageId: AmiId | null,
): readonly SiteStep[] {
  const has = STRENGTH.indexOf(ready?.deregistrationProtection ?? 'off');
  return has >= STRENGTH.indexOf(protection) ? [] : [{ do: 'protect', imageId, protection }];
}

function planRevoking(wanted: Wanted, look: SiteLook): readonly SiteStep[] {
  const { source } = look;
  const { account } = wanted.site;
  if (!wanted.copied || account === source.site.account) return [];
  const granted = planRevoke(source, account, wanted.channel) !== undefined;
  const grants = servingAt(wanted, look) === undefined && planGrant(source, account, wanted.channel) !== undefined;
  return granted || grants ? [grantStep('revoke', account, source)] : [];
}
