import { targetId } from '../../model/channel.ts';
import type { PlaceId } from '../../model/publishing.ts';
import { isPerChannel, type RegionConfig } from '../../model/region-config.ts';
import type { Publication } from '../../render/region-config/publication.ts';
import type { RegionBucket } from '../region-effects.ts';

/** One place where region config is published: what should be there, and the bucket. */
export interface Place {
  readonly id: PlaceId;
  readonly image: string;
  readonly publication: Publication;
  readonly bucket: RegionBucket;
}

/** Unique among the places of one image. */
export function placeId(config: RegionConfig, { target, channels }: Publication): PlaceId {
  const [channel] = channels;
  return isPerChannel(config) && channel !== undefined ? `${targetId(target)}/${channel}` : targetId(target);
}
