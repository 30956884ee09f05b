import { groupBy } from '../../model/group.ts';
import type { Tags } from '../../model/image.ts';
import type { ObservedImage, SiteStep, Wanted } from '../../model/promotion.ts';

/** One step for resources that lack the same. */
export function missingTags({ tags }: Pick<Wanted, 'tags'>, image: ObservedImage): readonly SiteStep[] {
  const resources = [
    { id: image.imageId, has: image.tags },
    ...image.snapshots.map(({ snapshotId, tags: has }) => ({ id: snapshotId, has })),
  ];
  const lacking = resources
    .map(({ id, has }) => ({ id, missing: without(tags, has) }))
    .filter(({ missing }) => Object.keys(missing).length > 0);
  return groupBy(lacking, ({ missing }) => JSON.stringify(missing)).map((alike) => ({
    do: 'tag',
    resources: alike.map(({ id }) => id),
    tags: alike[0].missing,
  }));
}

const without = (tags: Tags, has: Tags): Tags =>
  Object.fromEntries(
    Object.entries(tags)
      .filter(([key, value]) => has[key] !== value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
