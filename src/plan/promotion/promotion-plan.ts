import { canonicalJson } from '../../model/canonical-json.ts';
import { targetId } from '../../model/channel.ts';
import { groupBy } from '../../model/group.ts';
import type { AmiId, ChannelName, ProjectName, Version } from '../../model/ids.ts';
import type { Json } from '../../model/image.ts';
import {
  type ObservedImage,
  type PointerState,
  type PromotionPlan,
  type SitePlan,
  type SiteStep,
  type Wanted,
  type WantedId,
  type WantedPointer,
  wantedId,
} from '../../model/promotion.ts';
import { leftoverGrants } from './grants.ts';
import { type PointerId, planPointers } from './plan-pointers.ts';
import { planSite, type SiteLook, servingAt } from './plan-site.ts';

export interface PlanInputs {
  readonly project: ProjectName;
  readonly channel: ChannelName;
  readonly action: PromotionPlan['action'];
  readonly wanted: readonly Wanted[];
  readonly looks: ReadonlyMap<WantedId, SiteLook>;
  readonly pointers: readonly WantedPointer[];
  readonly says: ReadonlyMap<PointerId, PointerState>;
  readonly holds: Readonly<Record<string, Version>>;
}

export function planPromotion(inputs: PlanInputs): PromotionPlan {
  const { project, channel, action, wanted, looks, pointers, says, holds } = inputs;
  return {
    version: 1,
    project,
    channel,
    action,
    images: groupBy(wanted, ({ source }) => `${source.image} ${source.version}`).map((alike) => {
      const [{ source }] = alike;
      const nodes = [...new Set(alike.map((one) => one.source.id))];
      return { image: source.image, version: source.version, nodes };
    }),
    sites: wanted.map((one) => sitePlan(one, looks)),
    leftovers: leftoversOf(channel, wanted, looks),
    pointers: planPointers(pointers, says),
    holds,
  };
}

function sitePlan(wanted: Wanted, looks: ReadonlyMap<WantedId, SiteLook>): SitePlan {
  const id = wantedId(wanted);
  const look = lookOf(looks, id);
  return {
    id,
    site: wanted.site,
    node: wanted.source.id,
    imageId: servingAt(wanted, look)?.imageId ?? null,
    steps: planSite(wanted, look),
  };
}

function leftoversOf(channel: ChannelName, wanted: readonly Wanted[], looks: ReadonlyMap<WantedId, SiteLook>) {
  return groupBy(wanted, ({ source }) => source.id).flatMap((alike) => {
    const source: ObservedImage = lookOf(looks, wantedId(alike[0])).source;
    const copying = new Set(alike.filter(({ copied }) => copied).map(({ site }) => site.account));
    return leftoverGrants(source, channel, copying);
  });
}

function lookOf(looks: ReadonlyMap<WantedId, SiteLook>, id: WantedId): SiteLook {
  const look = looks.get(id);
  if (look === undefined) throw new Error(`nobody has looked at ${id}`);
  return look;
}

/** AMIs that serve already. */
export function servingIds(
  wanted: readonly Wanted[],
  looks: ReadonlyMap<WantedId, SiteLook>,
): ReadonlyMap<WantedId, AmiId> {
  return new Map(
    wanted.flatMap((one) => {
      const imageId = servingAt(one, lookOf(looks, wantedId(one)))?.imageId;
      return imageId === undefined ? [] : [[wantedId(one), imageId] as const];
    }),
  );
}

export const isNothing = ({ sites, leftovers, pointers }: PromotionPlan): boolean =>
  sites.every(({ steps }) => steps.length === 0) && leftovers.length === 0 && pointers.length === 0;

/** Names of what is otherwise than in the saved plan. Permissions for copies come and go with status tags: they do not count. */
export function movedSince(saved: PromotionPlan, now: PromotionPlan): readonly string[] {
  const [before, after] = [partsOf(saved), partsOf(now)];
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}

function partsOf(plan: PromotionPlan): ReadonlyMap<string, string> {
  const { sites, pointers, images, holds, project, channel, action } = plan;
  const lasting = ({ do: what, ...step }: SiteStep): boolean =>
    what !== 'grant' && what !== 'revoke' && !('tags' in step && Object.keys(step.tags).every(isGrant));
  return new Map<string, string>([
    ...sites.map(({ id, imageId, steps }) => [id, text({ imageId, steps: steps.filter(lasting) })] as const),
    ...pointers.map(({ target, moves }) => [`pointers of ${targetId(target)}`, text(moves)] as const),
    ['the versions promoted', text(images)],
    ['what the channel holds', text(holds)],
    ['project, channel or action', text({ project, channel, action })],
  ]);
}

const isGrant = (key: string): boolean => key.startsWith('bake:grant/');

/** Plans are data: what JSON makes of them is all of them. */
const text = (value: unknown): string => canonicalJson(JSON.parse(JSON.stringify(value)) as Json);
