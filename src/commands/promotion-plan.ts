import { targetId } from '../model/channel.ts';
import type { ErrorSummary } from '../model/errors.ts';
import type { Version } from '../model/ids.ts';
import { type PromotionPlan, type WantedId, wantedId } from '../model/promotion.ts';
import { heldBy } from '../plan/promotion/channel-moves.ts';
import type { SiteLook } from '../plan/promotion/plan-site.ts';
import { planPromotion, servingIds } from '../plan/promotion/promotion-plan.ts';
import type { PromoteEffects } from '../run/promote/effects.ts';
import type { Promotion } from '../run/promote/promotion.ts';
import { pointersOf, readPointers } from '../run/promote/switch-channel.ts';
import { lookAtAll } from '../run/promote/verify.ts';

export interface Beforehand {
  readonly promotion: Promotion;
  readonly looks: ReadonlyMap<WantedId, SiteLook>;
  /** As far as could be looked at: a region that is down does not hide the others. */
  readonly seen: Promotion;
  readonly unseen: ReadonlyMap<WantedId, ErrorSummary>;
}

/** What there is at every site. */
export async function lookBeforehand(promotion: Promotion, effects: PromoteEffects): Promise<Beforehand> {
  const looks = [...(await lookAtAll(promotion, effects))];
  const found = looks.flatMap(([id, look]) => ('error' in look ? [] : [[id, look] as const]));
  const unseen = new Map(looks.flatMap(([id, look]) => ('error' in look ? [[id, look.error] as const] : [])));
  const wanted = promotion.wanted.filter((one) => !unseen.has(wantedId(one)));
  const served = new Set(wanted.flatMap(({ serves }) => serves));
  const targets = promotion.targets.filter((target) => served.has(targetId(target)));
  return { promotion, looks: new Map(found), seen: { ...promotion, wanted, targets }, unseen };
}

export async function planOf({ seen, looks }: Beforehand, effects: PromoteEffects): Promise<PromotionPlan> {
  const { project, channel, action, image, wanted } = seen;
  const pointers = pointersOf(seen, servingIds(wanted, looks));
  const [says, held] = await Promise.all([readPointers(pointers, effects), effects.states.read(channel.name, image)]);
  const move = heldBy(held?.state);
  // A move that was never finished is to be finished, although nothing else may be left to do.
  const holds = move?.finished === true ? { [image]: move.imageVersion as Version } : {};
  return planPromotion({ project, channel: channel.name, action, wanted, looks, pointers, says, holds });
}
