import { targetId } from '../../model/channel.ts';
import { type ErrorSummary, summarise } from '../../model/errors.ts';
import type { AccountId, AmiId } from '../../model/ids.ts';
import {
  type GrantStep,
  type SitePlan,
  type TargetPointers,
  type TraitDifference,
  type Wanted,
  type WantedId,
  wantedId,
} from '../../model/promotion.ts';
import { compareTraits } from '../../plan/promotion/compare-traits.ts';
import { leftoverGrants } from '../../plan/promotion/grants.ts';
import { planPointers } from '../../plan/promotion/plan-pointers.ts';
import { planSite, type SiteLook, servingAt } from '../../plan/promotion/plan-site.ts';
import { serving } from '../../plan/promotion/wanted.ts';
import { createDesks } from './desk.ts';
import type { PromoteEffects } from './effects.ts';
import { lookAt } from './look.ts';
import type { Promotion } from './promotion.ts';
import { pointersOf, readPointers } from './switch-channel.ts';

/** What is otherwise than it should be. To repair is to promote the same version again. */
export interface Drift {
  readonly ok: boolean;
  readonly sites: readonly SiteDrift[];
  readonly leftovers: readonly GrantStep<'revoke'>[];
  readonly pointers: readonly TargetPointers[];
}

export interface SiteDrift extends SitePlan {
  /** What no step can mend. */
  readonly differences: readonly TraitDifference[];
  /** Accounts that may launch it and are not asked for: no drift. */
  readonly further: readonly AccountId[];
  /** It could not be looked at. */
  readonly error?: ErrorSummary;
}

export type Looks = ReadonlyMap<WantedId, SiteLook | { readonly error: ErrorSummary }>;

/** Looks at everything but the sources, which the promotion has just been made of; what cannot be looked at does not hide the rest. */
export async function lookAtAll(
  { wanted, channel }: Pick<Promotion, 'wanted' | 'channel'>,
  effects: PromoteEffects,
): Promise<Looks> {
  const desks = createDesks(effects, channel);
  const looks = wanted.map(async (one) => {
    const look = lookAt(one, { desks, clock: effects.clock, sourceIsNew: true });
    return [wantedId(one), await look.catch((error: unknown) => ({ error: summarise(error) }))] as const;
  });
  return new Map(await Promise.all(looks));
}

export async function verify(promotion: Promotion, effects: PromoteEffects): Promise<Drift> {
  const looks = await lookAtAll(promotion, effects);
  const sites = promotion.wanted.map((one) => driftOf(one, looks.get(wantedId(one))));
  const leftovers = leftoversOf(promotion, looks);
  const ids = sites.flatMap(({ id, imageId }) => (imageId === null ? [] : [[id, imageId] as const]));
  const unseen = sites.flatMap(({ id, error }) => (error === undefined ? [] : [id]));
  const known = pointersOf(promotion, new Map<WantedId, AmiId>(ids)).filter(({ node, target }) => {
    const serves = serving(promotion.wanted, node, targetId(target));
    return serves === undefined || !unseen.includes(wantedId(serves));
  });
  const pointers = planPointers(known, await readPointers(known, effects));
  const right = ({ steps, differences, error }: SiteDrift): boolean =>
    steps.length + differences.length === 0 && error === undefined;
  const ok = sites.every(right) && leftovers.length + pointers.length === 0;
  return { ok, sites, leftovers, pointers };
}

function driftOf(wanted: Wanted, look: SiteLook | { readonly error: ErrorSummary } | undefined): SiteDrift {
  const { site, source } = wanted;
  const plain = { id: wantedId(wanted), site, node: source.id, imageId: null, steps: [], differences: [], further: [] };
  if (look === undefined || 'error' in look) return look === undefined ? plain : { ...plain, error: look.error };
  const serves = servingAt(wanted, look);
  const isThere = serves !== undefined && serves.state !== 'pending' && serves.state !== 'transient';
  const launches = serves?.launchPermissions?.accounts ?? [];
  return {
    ...plain,
    imageId: serves?.imageId ?? null,
    steps: planSite(wanted, look),
    differences: isThere ? compareTraits(wanted, serves) : [],
    further: launches.filter((account) => !wanted.sharing.accounts.includes(account)),
  };
}

function leftoversOf({ wanted, channel }: Promotion, looks: Looks): readonly GrantStep<'revoke'>[] {
  const sources = new Map(wanted.map((one) => [one.source.id, wantedId(one)]));
  return [...sources].flatMap(([node, id]) => {
    const look = looks.get(id);
    if (look === undefined || 'error' in look) return [];
    const copying = wanted.filter((one) => one.copied && one.source.id === node).map(({ site }) => site.account);
    return leftoverGrants(look.source, channel.name, new Set(copying));
  });
}
