import { mapBounded } from '../model/bounded.ts';
import { type Channel, targetId } from '../model/channel.ts';
import type { ErrorSummary } from '../model/errors.ts';
import type { Version } from '../model/ids.ts';
import { type PromotionPlan, type WantedId, wantedId } from '../model/promotion.ts';
import { heldBy } from '../plan/promotion/channel-moves.ts';
import type { SiteLook } from '../plan/promotion/plan-site.ts';
import { planPromotion, servingIds } from '../plan/promotion/promotion-plan.ts';
import { countOf } from '../report/promotion-words.ts';
import type { PromoteEffects } from '../run/promote/effects.ts';
import type { Promotion } from '../run/promote/promotion.ts';
import { pointersOf, readPointers } from '../run/promote/switch-channel.ts';
import { lookAtAll } from '../run/promote/verify.ts';
import { looking } from './looking.ts';

/** Channel states that are read at a time. */
const STATES = 8;

export interface Beforehand {
  /** Whole. */
  readonly promotions: readonly [Promotion, ...Promotion[]];
  readonly looks: ReadonlyMap<WantedId, SiteLook>;
  /** Of each image, as far as could be looked at: a region that is down does not hide the others. */
  readonly seen: readonly [Promotion, ...Promotion[]];
  readonly unseen: ReadonlyMap<WantedId, ErrorSummary>;
}

/** What there is at every site, of images that go to one channel: one look at a site for all of them. */
export async function lookBeforehand(
  [promotion, ...others]: readonly [Promotion, ...Promotion[]],
  effects: PromoteEffects,
): Promise<Beforehand> {
  const { channel } = promotion;
  const all = [promotion, ...others].flatMap(({ wanted }) => wanted);
  const look = () => lookAtAll({ wanted: all, channel }, effects);
  const looks = [...(await looking(lookTitle(channel), effects.emit, look))];
  const found = looks.flatMap(([id, look]) => ('error' in look ? [] : [[id, look] as const]));
  const unseen = new Map(looks.flatMap(([id, look]) => ('error' in look ? [[id, look.error] as const] : [])));
  const seenOf = (one: Promotion): Promotion => {
    const wanted = one.wanted.filter((each) => !unseen.has(wantedId(each)));
    const served = new Set(wanted.flatMap(({ serves }) => serves));
    return { ...one, wanted, targets: one.targets.filter((target) => served.has(targetId(target))) };
  };
  return {
    promotions: [promotion, ...others],
    looks: new Map(found),
    seen: [seenOf(promotion), ...others.map(seenOf)],
    unseen,
  };
}

export const lookTitle = ({ name, targets }: Channel): string =>
  `look at ${countOf(targets.length, 'target')} of ${name}`;

export async function planOf({ seen, looks }: Beforehand, effects: PromoteEffects): Promise<PromotionPlan> {
  const [{ project, channel, action }] = seen;
  const wanted = seen.flatMap((one) => one.wanted);
  const pointers = seen.flatMap((one) => pointersOf(one, servingIds(one.wanted, looks)));
  const [says, holds] = await Promise.all([
    readPointers(pointers, effects),
    mapBounded(seen, STATES, async ({ image }) => {
      const move = heldBy((await effects.states.read(channel.name, image))?.state);
      // A move that was never finished is to be finished, although nothing else may be left to do.
      return move?.finished === true ? [[image, move.imageVersion as Version] as const] : [];
    }),
  ]);
  const held = Object.fromEntries(holds.flat());
  return planPromotion({ project, channel: channel.name, action, wanted, looks, pointers, says, holds: held });
}
