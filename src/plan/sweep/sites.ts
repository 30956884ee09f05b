import { targetId } from '../../model/channel.ts';
import type { AccountId, Region } from '../../model/ids.ts';
import type { Config } from '../../model/image.ts';
import type { Site } from '../../model/promotion.ts';

/**
 * Where runs of the project make things: where it bakes, wherever its channels have targets, in each region also in the
 * account of the credentials. Another account without a role to assume is none: nothing of ours was ever made there.
 */
export function sweptSites(
  { region, channels }: Pick<Config, 'region' | 'channels'>,
  caller: AccountId,
  further: readonly Region[],
): readonly Site[] {
  const targets = [...channels.values()].flatMap((channel) => channel.targets);
  const sites: Site[] = [
    ...[region, ...further, ...targets.map((target) => target.region)].map((own) => ({ account: caller, region: own })),
    ...targets.flatMap(({ account, role, region: there }) =>
      account === undefined || role === undefined ? [] : [{ account, region: there }],
    ),
  ];
  return [...new Map(sites.map((site) => [targetId(site), site])).values()];
}
