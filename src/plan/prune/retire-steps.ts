import type { Tags } from '../../model/image.ts';
import type { ObservedImage } from '../../model/promotion.ts';
import { type BakedVersion, imagesOf, type RetireStep } from '../../model/prune.ts';
import { isRetiredKey, type RetiredMark, retiredMark, retiredTags } from '../../model/retired.ts';

const MINUTE = 60_000;

/** Nothing is left to do until it is deregistered: also where there are more permissions than tags could bring back. */
export function isRetiredWell(image: ObservedImage, now: Date): boolean {
  const mark = readable(image.tags);
  if (mark === undefined || !isDeprecated(image, now) || image.deregistrationProtection === 'with-cooldown')
    return false;
  return image.state === 'disabled' || mark.sharing === undefined;
}

/** EC2 takes no moment of the past, and keeps whole minutes. */
const soonAfter = (now: Date): number => Math.ceil((now.getTime() + MINUTE) / MINUTE) * MINUTE;

const isDeprecated = ({ deprecateAt }: ObservedImage, now: Date): boolean =>
  deprecateAt !== undefined && Date.parse(deprecateAt) <= soonAfter(now);

/** Copies first, where consumers are; the source last. Of each image the mark first: with it a run after a kill can undo all. */
export const retireSteps = (version: BakedVersion, now: Date): readonly RetireStep[] =>
  imagesOf(version).flatMap((image) => retireImage(image, now));

function retireImage(image: ObservedImage, now: Date): readonly RetireStep[] {
  const { site, imageId, state, tags, deregistrationProtection: protection } = image;
  const of = { site, imageId };
  const wanted = marksFor(image, now);
  const lacking = Object.entries(wanted).some(([key, value]) => tags[key] !== value);
  const disables = state === 'available' && readable(wanted)?.sharing !== undefined;
  return [
    ...(lacking ? [{ ...of, do: 'mark', tags: wanted } as const] : []),
    ...(isDeprecated(image, now)
      ? []
      : [{ ...of, do: 'deprecate', at: new Date(soonAfter(now)).toISOString() } as const]),
    ...(disables ? [{ ...of, do: 'disable' } as const] : []),
    // Its cooldown is over when the grace is.
    ...(protection === 'with-cooldown' ? [{ ...of, do: 'protect', protection: 'off' } as const] : []),
  ];
}

/** What was before is what the first mark says; who may launch it counts until it is disabled. */
function marksFor(image: ObservedImage, now: Date): Tags {
  const { imageId, state, tags, launchPermissions, deprecateAt, deregistrationProtection: protection } = image;
  if (state === 'disabled') return {};
  if (launchPermissions === undefined) throw new Error(`who may launch ${imageId} was not read`);
  const before = readable(tags) ?? {
    at: now.toISOString(),
    protection,
    ...(deprecateAt === undefined ? {} : { deprecateAt }),
  };
  return retiredTags({ ...before, sharing: launchPermissions }, tags);
}

export const deregisterSteps = (version: BakedVersion): readonly RetireStep[] =>
  imagesOf(version).flatMap(({ site, imageId, deregistrationProtection, snapshots }) => {
    const of = { site, imageId };
    const snapshotIds = snapshots.map(({ snapshotId }) => snapshotId);
    return [
      ...(deregistrationProtection === 'off' ? [] : [{ ...of, do: 'protect', protection: 'off' } as const]),
      { ...of, do: 'deregister', snapshotIds } as const,
    ];
  });

/** The other way round: the source first. The mark goes last, so that a run after a kill goes on. */
export const undoSteps = (version: BakedVersion, now: Date): readonly RetireStep[] =>
  imagesOf(version)
    .toReversed()
    .flatMap((image) => undoImage(image, now));

function undoImage(image: ObservedImage, now: Date): readonly RetireStep[] {
  const { site, imageId, state, tags, deprecateAt, deregistrationProtection } = image;
  const mark = readable(tags);
  if (mark === undefined) return [];
  const of = { site, imageId };
  const { sharing, protection, deprecateAt: before } = mark;
  const isShared = sharing !== undefined && Object.values(sharing).some((one) => one === true || one.length > 0);
  const returns =
    before !== undefined && Date.parse(before) > now.getTime() + MINUTE && before !== seconds(deprecateAt);
  return [
    ...(state === 'disabled' ? [{ ...of, do: 'enable' } as const] : []),
    ...(isShared ? [{ ...of, do: 'share', add: sharing } as const] : []),
    ...(before === undefined && deprecateAt !== undefined ? [{ ...of, do: 'undeprecate' } as const] : []),
    ...(returns ? [{ ...of, do: 'deprecate', at: before } as const] : []),
    ...(protection === deregistrationProtection ? [] : [{ ...of, do: 'protect', protection } as const]),
    { ...of, do: 'unmark', keys: Object.keys(tags).filter(isRetiredKey).toSorted() },
  ];
}

const seconds = (iso: string | undefined): string | undefined => iso?.replace(/\.\d+Z$/, 'Z');

function readable(tags: Tags): RetiredMark | undefined {
  const mark = retiredMark(tags);
  return mark === 'unreadable' ? undefined : mark;
}
