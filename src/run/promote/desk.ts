import { type Channel, type TargetId, targetId } from '../../model/channel.ts';
import type { ObservedImage, Site } from '../../model/promotion.ts';
import type { KeyGrants, SiteImages, SiteQuery } from '../promote-effects.ts';
import type { SiteEffects } from './effects.ts';
import { createSlots, type Slots } from './slots.ts';
import { createImageWatch, type ImageWatch } from './watch.ts';

/** What the images of one site share: one poll, one limit of copies, one look at a time. */
export interface Desk {
  readonly images: SiteImages;
  readonly keyGrants: KeyGrants;
  readonly watch: ImageWatch;
  /** Snapshots that are copied to the site at a time. */
  readonly copies: Slots;
  /** Looks that are asked for together are one call. */
  find(query: SiteQuery): Promise<readonly ObservedImage[]>;
}

export type Desks = (site: Site) => Desk;

export function createDesks(effects: SiteEffects, { snapshotCopies }: Pick<Channel, 'snapshotCopies'>): Desks {
  const desks = new Map<TargetId, Desk>();
  return (site) => {
    const id = targetId(site);
    const known = desks.get(id);
    if (known !== undefined) return known;
    const images = effects.images(site);
    const desk: Desk = {
      images,
      keyGrants: effects.keyGrants(site),
      watch: createImageWatch(images, effects.clock, effects.pollSeconds),
      copies: createSlots(snapshotCopies),
      find: together(images),
    };
    desks.set(id, desk);
    return desk;
  };
}

function together(images: SiteImages): Desk['find'] {
  let next: { readonly queries: SiteQuery[]; readonly answer: Promise<readonly ObservedImage[]> } | undefined;
  return (query) => {
    if (next === undefined) {
      const queries: SiteQuery[] = [];
      const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        next = undefined;
        return images.find({
          copiesOf: unique(queries.flatMap(({ copiesOf }) => copiesOf)),
          names: unique(queries.flatMap(({ names }) => names)),
          imageIds: unique(queries.flatMap(({ imageIds }) => imageIds)),
        });
      });
      next = { queries, answer };
    }
    next.queries.push(query);
    return next.answer;
  };
}

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
