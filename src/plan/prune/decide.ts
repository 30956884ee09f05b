import type { Config } from '../../model/image.ts';
import { type BakedVersion, imagesOf, type KeptBecause, type VersionId } from '../../model/prune.ts';
import { type RetiredMark, retiredMark } from '../../model/retired.ts';
import { TAG } from '../../model/tags.ts';
import { ownReasons, type PruneRules } from './own-reasons.ts';
import { type Referrers, referrerReasons } from './referrers.ts';
import { isRetiredWell } from './retire-steps.ts';

export type Verdict =
  | { readonly action: 'keep'; readonly because: readonly KeptBecause[] }
  | { readonly action: 'wait'; readonly deregisterAfter: string }
  | {
      readonly action: 'retire' | 'deregister';
      readonly deregisterAfter?: string;
      readonly after: readonly VersionId[];
    };

export interface Deciding {
  readonly config: Pick<Config, 'project' | 'images'>;
  readonly rules: PruneRules;
  readonly referrers: Referrers;
}

/** What becomes of every version. A version that any reason speaks for stays, and so does all that it stands on. */
export function decide(versions: readonly BakedVersion[], request: Deciding): ReadonlyMap<VersionId, Verdict> {
  const { config, rules, referrers } = request;
  const own = ownReasons(versions, rules);
  const ofOthers = referrerReasons(config.project, config.images, referrers);
  const reasons = new Map(versions.map((one) => [one.id, [...(own.get(one.id) ?? []), ...ofOthers(one)]]));
  const family = relations(versions);
  for (const version of versions) if (reasons.get(version.id)?.length !== 0) keepParents(version, family, reasons);

  const verdicts = new Map<VersionId, Verdict>();
  const verdictOf = (version: BakedVersion): Verdict => {
    const known = verdicts.get(version.id);
    if (known !== undefined) return known;
    const because = reasons.get(version.id) ?? [];
    // Those that stand on it go too: else it would stay.
    const children = family.childrenOf(version).map((child) => ({ id: child.id, verdict: verdictOf(child) }));
    const verdict = because.length > 0 ? ({ action: 'keep', because } as const) : goes(version, children, rules);
    verdicts.set(version.id, verdict);
    return verdict;
  };
  for (const version of versions) verdictOf(version);
  return verdicts;
}

interface Child {
  readonly id: VersionId;
  readonly verdict: Verdict;
}

function goes(version: BakedVersion, children: readonly Child[], { images, now }: PruneRules): Verdict {
  const grace = (images.get(version.image)?.keep?.grace ?? Number.POSITIVE_INFINITY) * 1000;
  const over = (from: number) => new Date(from + grace).toISOString();
  const after = children.filter(({ verdict }) => verdict.action === 'retire').map(({ id }) => id);
  const well = imagesOf(version).every((image) => isRetiredWell(image, now));
  if (!well) return { action: 'retire', deregisterAfter: over(now.getTime()), after };
  const marks = imagesOf(version).flatMap(({ tags }) => markOf(tags) ?? []);
  const own = over(Math.max(...marks.map(({ at }) => Date.parse(at))));
  // As long as an undo can bring a child back, its parent is there.
  const waits = [own, ...children.flatMap(({ verdict }) => waitOf(verdict) ?? [])].toSorted().at(-1) ?? own;
  const undoable = children.some(({ verdict }) => verdict.action !== 'deregister');
  if (undoable || Date.parse(waits) > now.getTime()) return { action: 'wait', deregisterAfter: waits };
  return { action: 'deregister', after: children.map(({ id }) => id) };
}

const waitOf = (verdict: Verdict): string | undefined =>
  verdict.action === 'keep' ? undefined : verdict.deregisterAfter;

function markOf(tags: BakedVersion['copies'][number]['tags']): RetiredMark | undefined {
  const mark = retiredMark(tags);
  return mark === 'unreadable' ? undefined : mark;
}

interface Relations {
  readonly parentOf: (version: BakedVersion) => BakedVersion | undefined;
  readonly childrenOf: (version: BakedVersion) => readonly BakedVersion[];
}

/** By the tag that names the AMI which a version was baked on. */
export function relations(versions: readonly BakedVersion[]): Relations {
  const bySource = new Map<string | undefined, BakedVersion>(
    versions.flatMap((version) => (version.source === undefined ? [] : [[version.source.imageId, version] as const])),
  );
  const parentOf: Relations['parentOf'] = (version) => {
    const ids = imagesOf(version).flatMap(({ tags }) => tags[TAG.parentAmi] ?? []);
    return ids.flatMap((id) => bySource.get(id) ?? []).find(({ id }) => id !== version.id);
  };
  const children = new Map<VersionId, BakedVersion[]>();
  for (const version of versions) {
    const parent = parentOf(version);
    if (parent !== undefined) children.set(parent.id, [...(children.get(parent.id) ?? []), version]);
  }
  return { parentOf, childrenOf: ({ id }) => children.get(id) ?? [] };
}

/** To the root: a version that stays has everything below it. */
function keepParents(
  version: BakedVersion,
  { parentOf }: Relations,
  reasons: ReadonlyMap<VersionId, KeptBecause[]>,
): void {
  const seen = new Set([version.id]);
  for (let child = version; ; ) {
    const parent = parentOf(child);
    if (parent === undefined || seen.has(parent.id)) return;
    seen.add(parent.id);
    const known = reasons.get(parent.id);
    if (known?.some((one) => one.why === 'parent' && one.of === child.id) === false)
      known.push({ why: 'parent', of: child.id });
    child = parent;
  }
}
