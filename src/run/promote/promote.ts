import { mapBounded } from '../../model/bounded.ts';
import { type ErrorSummary, summarise } from '../../model/errors.ts';
import type { AmiId } from '../../model/ids.ts';
import { type SiteOutcome, type WantedId, wantedId } from '../../model/promotion.ts';
import type { Lease } from '../promote-effects.ts';
import { bringAll, type Seen } from './bring.ts';
import type { PromoteEffects } from './effects.ts';
import { pointersUnmoved } from './errors.ts';
import type { Promotion } from './promotion.ts';
import { switchChannel } from './switch-channel.ts';

export interface Promoted {
  readonly sites: ReadonlyMap<WantedId, SiteOutcome>;
  /** Why the channel does not hold the version; undefined: it does, everywhere. */
  readonly error?: ErrorSummary;
}

/** A promotion and the lease that it is done under. */
export interface Leased {
  readonly promotion: Promotion;
  /** Undefined: there is no state bucket. */
  readonly lease: Lease | undefined;
}

/** Images whose pointers are moved at a time. */
const MOST = 4;

/** Brings a version to all sites and then, only when all are ready, moves the pointers. Repair is the same. */
export async function promote(promotion: Promotion, { lease, ...effects }: PromoteEffects): Promise<Promoted> {
  const [promoted] = await promoteAll([{ promotion, lease }], effects);
  if (promoted === undefined) throw new Error('a promotion without an outcome');
  return promoted;
}

/**
 * Versions of several images to one channel, in the order given. What they wait for at a site is asked for together; what
 * becomes of one is nothing to the others. `seen`: what the plan was made of.
 */
export async function promoteAll(
  leased: readonly Leased[],
  effects: Omit<PromoteEffects, 'lease'>,
  seen?: Seen,
): Promise<readonly Promoted[]> {
  const [first] = leased;
  if (first === undefined) return [];
  const wanted = leased.flatMap(({ promotion }) => promotion.wanted);
  const brought = await bringAll(wanted, first.promotion.channel, effects, seen);
  return mapBounded(leased, MOST, async ({ promotion, lease }) => {
    const ids = new Set(promotion.wanted.map(wantedId));
    const sites = new Map([...brought].filter(([id]) => ids.has(id)));
    try {
      await switchChannel(promotion, readyIds(promotion, sites), { ...effects, lease });
      return { sites };
    } catch (error) {
      return { sites, error: summarise(error) };
    }
  });
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
