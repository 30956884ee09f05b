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

/** What there is at the site of a wanted image. `fresh`: the source is looked at too, wherever it is. */
export async function lookAt(
  wanted: Wanted,
  { desks, clock, fresh }: { readonly desks: Desks; readonly clock: Clock; readonly fresh: boolean },
): Promise<SiteLook> {
  const { ami } = wanted.source;
  const source = fresh || !wanted.copied ? await lookAtSource(wanted, desks) : ami;
  if (!wanted.copied) return { there: [], source, now: clock.now() };
  const desk = desks(wanted.site);
  const found = await desk.find({ copiesOf: [ami.imageId], names: [ami.name], imageIds: [] });
  const { current } = copiesAt(wanted, found);
  if (current?.state !== 'available') return { there: found, source, now: clock.now() };
  const whole = await desk.images.withPermissions(current);
  const there = found.map((image) => (image === current ? whole : image));
  return { there, source, now: clock.now() };
}
