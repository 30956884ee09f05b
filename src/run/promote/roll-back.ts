import { targetId } from '../../model/channel.ts';
import { BakeError } from '../../model/errors.ts';
import type { AmiId } from '../../model/ids.ts';
import { type WantedId, wantedId } from '../../model/promotion.ts';
import { type SiteLook, servingAt } from '../../plan/promotion/plan-site.ts';
import { serving } from '../../plan/promotion/wanted.ts';
import type { PromoteEffects } from './effects.ts';
import type { Promotion } from './promotion.ts';

/** The AMIs that pointers go back to. Throws `rollback-not-possible` with each that is not there, or that its target cannot launch. */
export async function launchable(
  promotion: Promotion,
  looks: ReadonlyMap<WantedId, SiteLook>,
  effects: Pick<PromoteEffects, 'pointers'>,
): Promise<ReadonlyMap<WantedId, AmiId>> {
  const { wanted } = promotion;
  const found = wanted.map((one) => {
    const look = looks.get(wantedId(one));
    return { one, image: look === undefined ? undefined : servingAt(one, look) };
  });
  const missing = found.flatMap(({ one, image }) =>
    image?.state === 'available'
      ? []
      : [`${wantedId(one)}: ${image === undefined ? 'is not there' : `${image.imageId} is ${image.state}`}`],
  );
  const ids = new Map(
    found.flatMap(({ one, image }) => (image === undefined ? [] : [[wantedId(one), image.imageId] as const])),
  );
  if (missing.length === 0) missing.push(...(await unseen(promotion, ids, effects)));
  if (missing.length > 0) throw notPossible(promotion, missing);
  return ids;
}

/** A share may have been taken back, or the account may allow itself fewer images than before. */
async function unseen(
  { targets, wanted }: Promotion,
  ids: ReadonlyMap<WantedId, AmiId>,
  effects: Pick<PromoteEffects, 'pointers'>,
): Promise<readonly string[]> {
  const nodes = [...new Set(wanted.map(({ source }) => source.id))];
  // Without a role nobody can ask in the other account.
  const asked = targets.filter(({ mode, role }) => mode === 'copy' || role !== undefined);
  const checks = asked.flatMap((target) =>
    nodes.map(async (node) => {
      const serves = serving(wanted, node, targetId(target));
      const imageId = serves && ids.get(wantedId(serves));
      if (imageId === undefined) return [`${targetId(target)} ${node}: is not there`];
      const seen = await effects.pointers(target).visible(imageId);
      if (seen?.state === 'available') return [];
      return [
        `${targetId(target)} ${node}: ${imageId} ${seen === undefined ? 'cannot be seen there' : `is ${seen.state}`}`,
      ];
    }),
  );
  return (await Promise.all(checks)).flat();
}

const notPossible = ({ image, version, channel }: Promotion, details: readonly string[]): BakeError =>
  new BakeError({
    code: 'rollback-not-possible',
    message: `${image} ${version} cannot be launched everywhere in ${channel.name}, so no pointer was moved`,
    details,
    hint: `Promote it again: bake promote ${image}@${version} --to ${channel.name}. Or choose another: bake history ${image} --channel ${channel.name}.`,
    blame: 'user',
  });
