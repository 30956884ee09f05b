import { type Channel, NOT_SHARED, type ResolvedTarget, type TargetId, targetId } from '../../model/channel.ts';
import { groupBy } from '../../model/group.ts';
import type { AccountId } from '../../model/ids.ts';
import type { Site, Source, Wanted } from '../../model/promotion.ts';
import { lastingTags } from '../../model/status-tags.ts';

/** What shall be true of the sources wherever the channel needs an AMI of ours. Ordered by image, then site. */
export function wantedOf(
  channel: Channel,
  targets: readonly ResolvedTarget[],
  sources: readonly Source[],
): readonly Wanted[] {
  return sources.flatMap((source) => {
    const own = source.ami.site.account;
    return groupBy(targets, (target) => targetId(siteFor(target, own)))
      .map((served) => wantedAt(channel, served, source))
      .toSorted((a, b) => (targetId(a.site) < targetId(b.site) ? -1 : 1));
  });
}

/** Whose AMI a target launches: its own copy, or ours of its region. */
export const siteFor = ({ account, region, mode }: ResolvedTarget, own: AccountId): Site => ({
  account: mode === 'copy' ? account : own,
  region,
});

type Served = readonly [ResolvedTarget, ...ResolvedTarget[]];

function wantedAt(channel: Channel, served: Served, source: Source): Wanted {
  const { ami } = source;
  const site = siteFor(served[0], ami.site.account);
  const copied = targetId(site) !== targetId(ami.site);
  const kmsKey = keyOf(served, site);
  const deprecateAt = deprecationOf(channel, ami.createdAt);
  return {
    channel: channel.name,
    source,
    site,
    copied,
    ...(kmsKey === undefined ? {} : { kmsKey }),
    tags: lastingTags(ami.tags),
    sharing: sharingAt(channel, served, site, ami.site.account),
    ...(deprecateAt === undefined ? {} : { deprecateAt }),
    deregistrationProtection: channel.deregistrationProtection,
    serves: served.map(targetId).toSorted(),
  };
}

/** The site's own target says it, before those that only share the copy. Different ones are refused beforehand. */
const keyOf = (served: readonly ResolvedTarget[], site: Site): string | undefined =>
  [...served.filter(({ account }) => account === site.account), ...served].find(({ kmsKey }) => kmsKey !== undefined)
    ?.kmsKey;

/** A copy that another account owns is that account's to share. */
function sharingAt({ sharing }: Channel, served: readonly ResolvedTarget[], site: Site, own: AccountId) {
  if (site.account !== own) return NOT_SHARED;
  const accounts = new Set([...sharing.accounts, ...served.map(({ account }) => account)]);
  accounts.delete(own);
  return {
    accounts: [...accounts].toSorted(),
    organizations: sharing.organizations.toSorted(),
    organizationalUnits: sharing.organizationalUnits.toSorted(),
    public: sharing.public,
  };
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** EC2 keeps whole minutes; rounded up, so that what it shows is never earlier than what was asked for. */
function deprecationOf({ deprecateAfterDays }: Channel, createdAt: string): string | undefined {
  if (deprecateAfterDays === undefined) return undefined;
  const at = Date.parse(createdAt) + deprecateAfterDays * DAY;
  return new Date(Math.ceil(at / MINUTE) * MINUTE).toISOString();
}

/** By which of the wanted a target is served, for one image. */
export const serving = (wanted: readonly Wanted[], node: Source['id'], target: TargetId): Wanted | undefined =>
  wanted.find(({ source, serves }) => source.id === node && serves.includes(target));
