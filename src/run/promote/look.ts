import type { ObservedImage, Wanted } from '../../model/promotion.ts';
import { copiesAt } from '../../plan/promotion/attempt.ts';
import type { SiteLook } from '../../plan/promotion/plan-site.ts';
import type { Clock } from '../effects.ts';
import type { Desks } from './desk.ts';
import { sourceGone } from './errors.ts';

/** The source as it is now, with permissions and status tags. */
export async function lookAtSource(wanted: Wanted, desks: Desks): Promise<ObservedImage> {
  const { imageId, site } = wanted.source.ami;
  const desk = desks(site);
  const found = await desk.find({ copiesOf: [], names: [], imageIds: [imageId] });
  const source = found.find((image) => image.imageId === imageId);
  if (source === undefined) throw sourceGone(wanted);
  return desk.images.withPermissions(source);
}

export interface Looking {
  readonly desks: Desks;
  readonly clock: Clock;
  /** The source as it was read a moment ago, with permissions: it is not looked at again. */
  readonly sourceIsNew?: boolean;
  /** The copy that serves and nothing else, where that is known. */
  readonly only?: ObservedImage | undefined;
}

/** What there is at the site of a wanted image. */
export async function lookAt(wanted: Wanted, { desks, clock, sourceIsNew, only }: Looking): Promise<SiteLook> {
  const { ami } = wanted.source;
  const source = wanted.copied || sourceIsNew === true ? ami : await lookAtSource(wanted, desks);
  if (!wanted.copied) return { there: [], source, now: clock.now() };
  const desk = desks(wanted.site);
  const query =
    only === undefined
      ? { copiesOf: [ami.imageId], names: [ami.name], imageIds: [] }
      : { copiesOf: [], names: [], imageIds: [only.imageId] };
  const found = await desk.find(query);
  const { current } = copiesAt(wanted, found);
  if (current?.state !== 'available') return { there: found, source, now: clock.now() };
  const whole = await desk.images.withPermissions(current);
  const there = found.map((image) => (image === current ? whole : image));
  return { there, source, now: clock.now() };
}
