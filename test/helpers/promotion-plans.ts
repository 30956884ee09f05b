import { type DeregistrationProtection, NOT_SHARED, type ResolvedTarget } from '../../src/model/channel.ts';
import type { AccountId, ChannelName, NodeId, Region } from '../../src/model/ids.ts';
import type { PromotionPlan, Site, SitePlan, SiteStep, TargetPointers } from '../../src/model/promotion.ts';
import { amiId, imageName, PROJECT, version } from './builders.ts';

export const OURS = '111122223333' as AccountId;
export const THEIRS = '444455556666' as AccountId;
export const US = 'us-east-1' as Region;
export const EU = 'eu-west-1' as Region;

export const GIB = 2 ** 30;

export function sitePlan(site: Site, node: NodeId, steps: readonly SiteStep[], n?: number): SitePlan {
  const id = `${site.account}/${site.region} ${node}` as const;
  return { id, site, node, imageId: n === undefined ? null : amiId(n), steps };
}

type Copy = Extract<SiteStep, { do: 'copy' }>;

export function copy(
  bytes: number,
  { snapshots = 1, ...request }: Partial<Copy['request']> & { readonly snapshots?: number } = {},
): Copy {
  const name = 'acme/api/2026.11.20.1-x86_64';
  const defaults = { source: amiId(1), sourceRegion: US, name, attempt: 1, tags: {}, clientToken: '0'.repeat(64) };
  return { do: 'copy', bytes, snapshots, request: { ...defaults, ...request } };
}

export const target = (account: AccountId, region: Region): ResolvedTarget => ({ account, region, mode: 'copy' });

export function promotionPlan(
  sites: readonly SitePlan[],
  pointers: readonly TargetPointers[] = [],
  other: Partial<PromotionPlan> = {},
): PromotionPlan {
  return {
    version: 1,
    project: PROJECT,
    channel: 'prod' as ChannelName,
    action: 'promote',
    images: [{ image: imageName('api'), version: version('2026.11.20.1'), nodes: ['api/x86_64'] }],
    sites,
    leftovers: [],
    pointers,
    holds: {},
    ...other,
  };
}

export const SHARED = { ...NOT_SHARED, accounts: [THEIRS] };
export const PROTECTION: DeregistrationProtection = 'with-cooldown';
