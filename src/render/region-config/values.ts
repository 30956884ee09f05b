import type { ResolvedTarget } from '../../model/channel.ts';
import type { ChannelName } from '../../model/ids.ts';
import type { Variables } from '../../model/image.ts';
import { mergeDeep } from '../../model/merge.ts';
import type { RegionConfig } from '../../model/region-config.ts';

/** The values of one target of one channel: the common ones, over them the region's, the account's, the channel's. */
export function valuesOf(config: RegionConfig, { region, account }: ResolvedTarget, channel: ChannelName): Variables {
  const { values, regionValues, accountValues, channelValues } = config;
  const over = [regionValues[region], accountValues[account], channelValues[channel]];
  return over.reduce<Variables>((merged, more = {}) => mergeDeep(merged, more), values);
}
