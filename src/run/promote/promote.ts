import { type ErrorSummary, summarise } from '../../model/errors.ts';
import type { AmiId } from '../../model/ids.ts';
import type { SiteOutcome, WantedId } from '../../model/promotion.ts';
import { bringAll } from './bring.ts';
import type { PromoteEffects } from './effects.ts';
import { pointersUnmoved } from './errors.ts';
import type { Promotion } from './promotion.ts';
import { switchChannel } from './switch-channel.ts';

export interface Promoted {
  readonly sites: ReadonlyMap<WantedId, SiteOutcome>;
  /** Why the channel does not hold the version; undefined: it does, everywhere. */
  readonly error?: ErrorSummary;
}

/** Brings a version to all sites and then, only when all are ready, moves the pointers. Repair is the same. */
export async function promote(promotion: Promotion, effects: PromoteEffects): Promise<Promoted> {
  const sites = await bringAll(promotion.wanted, promotion.channel, effects);
  try {
    await switchChannel(promotion, readyIds(promotion, sites), effects);
    return { sites };
  } catch (error) {
    return { sites, error: summarise(error) };
  }
}

/** Throws where one is not ready. */
function readyIds(promotion: Promotion, sites: ReadonlyMap<WantedId, SiteOutcome>): ReadonlyMap<WantedId, AmiId> {
  const ready = [...sites].flatMap(([id, outcome]) => {
    return outcome.status === 'ready' ? [[id, outcome.imageId] as const] : [];
  });
  const failed = [...sites].filter(([, { status }]) => status !== 'ready').map(([id]) => id);
  if (failed.length > 0) throw pointersUnmoved(promotion, failed, sites.size);
  return new Map(ready);
}
