import type { ResolvedTarget } from '../../model/channel.ts';
import type { Emit } from '../../model/events.ts';
import type { Site } from '../../model/promotion.ts';
import type { Clock } from '../effects.ts';
import type { ChannelStates, KeyGrants, Lease, Pointers, SiteImages } from '../promote-effects.ts';

export interface SiteEffects {
  images(site: Site): SiteImages;
  keyGrants(site: Site): KeyGrants;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Between two looks at what is being copied. */
  readonly pollSeconds: number;
}

export interface PromoteEffects extends SiteEffects {
  pointers(target: ResolvedTarget): Pointers;
  readonly states: ChannelStates;
  /** Undefined: there is no state bucket. */
  readonly lease: Lease | undefined;
}
