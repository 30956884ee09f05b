import { targetId } from '../../model/channel.ts';
import { groupBy } from '../../model/group.ts';
import { type ImageName, nodeId } from '../../model/ids.ts';
import type { Image } from '../../model/image.ts';
import type { ObservedImage, Site } from '../../model/promotion.ts';
import { type BakedVersion, imagesOf, type KeptBecause, type VersionId } from '../../model/prune.ts';
import { retiredMark } from '../../model/retired.ts';
import { grantsIn, KEPT } from '../../model/status-tags.ts';
import { TAG } from '../../model/tags.ts';

export interface PruneRules {
  readonly images: ReadonlyMap<ImageName, Image>;
  /** Absent: all. */
  readonly selected?: ReadonlySet<string>;
  /** Whether promotion protects images from deregistration at a site. */
  readonly protects: (site: Site) => boolean;
  readonly now: Date;
}

export const DAY = 24 * 60 * 60 * 1000;

/** Why versions stay whatever refers to them, as far as they themselves and the configuration tell. */
export function ownReasons(
  versions: readonly BakedVersion[],
  rules: PruneRules,
): ReadonlyMap<VersionId, readonly KeptBecause[]> {
  const newest = newestOf(versions, rules);
  return new Map(
    versions.map((version) => [version.id, [...ruleReasons(version, newest, rules), ...stateReasons(version, rules)]]),
  );
}

function ruleReasons(
  version: BakedVersion,
  newest: ReadonlySet<VersionId>,
  { images, selected, now }: PruneRules,
): readonly KeptBecause[] {
  const image = images.get(version.image);
  if (image === undefined) return [{ why: 'not-configured' }];
  if (image.keep === undefined) return [{ why: 'no-rule' }];
  const { last, days } = image.keep;
  const since = now.getTime() - days * DAY;
  // Also what has no date that can be read.
  const young = imagesOf(version).some(({ createdAt }) => !(Date.parse(createdAt) < since));
  const launched = imagesOf(version).find(
    ({ launchedAt }) => launchedAt !== undefined && !(Date.parse(launchedAt) < since),
  );
  return [
    ...(selected?.has(version.image) === false ? [{ why: 'not-selected' } as const] : []),
    ...(newest.has(version.id) ? [{ why: 'newest', last } as const] : []),
    ...(young ? [{ why: 'young', days } as const] : []),
    ...(launched?.launchedAt === undefined
      ? []
      : [{ why: 'launched', at: launched.launchedAt, where: targetId(launched.site) } as const]),
  ];
}

/** The newest usable ones, and of what is retired what would be among them: `keep` may have been raised since. */
function newestOf(versions: readonly BakedVersion[], { images }: PruneRules): ReadonlySet<VersionId> {
  const nodes = groupBy(versions.filter(isSound), ({ image, architecture }) => nodeId(image, architecture));
  const kept = nodes.flatMap((node) => {
    const last = images.get(node[0].image)?.keep?.last ?? node.length;
    const usable = node.filter(({ source }) => source?.state === 'available' && source.tags[TAG.retired] === undefined);
    return [...usable.slice(0, last), ...node.slice(0, last)];
  });
  return new Set(kept.map(({ id }) => id));
}

/** A version that may be used, or might be if it were not retired. */
const isSound = ({ source }: BakedVersion): boolean =>
  source !== undefined &&
  ['available', 'disabled'].includes(source.state) &&
  source.tags[TAG.fingerprint] !== undefined &&
  source.tags[TAG.bad] === undefined;

function stateReasons(version: BakedVersion, { protects }: PruneRules): readonly KeptBecause[] {
  const { source } = version;
  const unfinished = source !== undefined && source.tags[TAG.fingerprint] === undefined;
  const copying = grantsIn(source?.tags ?? {}).some(({ takesBack }) => takesBack !== KEPT);
  return [
    ...(unfinished ? [{ why: 'unfinished' } as const] : []),
    ...(copying && source !== undefined ? [{ why: 'copying', where: targetId(source.site) } as const] : []),
    ...imagesOf(version).flatMap((image) => reasonsOf(image, protects)),
  ];
}

function reasonsOf(image: ObservedImage, protects: PruneRules['protects']): readonly KeptBecause[] {
  const { site, state, tags, deregistrationProtection: protection } = image;
  const where = targetId(site);
  const mark = retiredMark(tags);
  if (mark === 'unreadable') return [{ why: 'mark-unreadable', where }];
  if (state === 'pending' || state === 'transient') return [{ why: 'copying', where }];
  if (state === 'disabled' && mark === undefined) return [{ why: 'disabled', where }];
  if (state !== 'available' && state !== 'disabled') return [{ why: 'state', state, where }];
  return protection === 'off' || mark !== undefined || protects(site) ? [] : [{ why: 'protected', where }];
}
