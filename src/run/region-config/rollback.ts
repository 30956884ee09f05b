import type { PlaceOutcome, PlacePlan } from '../../model/publishing.ts';
import type { Manifest } from '../../model/region-manifest.ts';
import { comesBack, nextManifest, planPush } from '../../plan/region-config.ts';
import { changedValues } from '../../plan/region-values.ts';
import { bucketProblem, nothingToRollBackTo, versionsGone } from './errors.ts';
import { placeOf, publishedValues } from './look.ts';
import { type CurrentManifest, currentManifest, history, manifestKey, writeManifest } from './manifests.ts';
import type { Place } from './place.ts';
import type { Publishing } from './push.ts';

export interface RollbackLook {
  readonly place: Place;
  readonly current: CurrentManifest;
  readonly chosen: Manifest;
  readonly plan: PlacePlan;
}

/** Finds what to bring back: the serial asked for, or the newest whose content is another. Reads only. */
export async function lookBack(place: Place, to: number | undefined): Promise<RollbackLook> {
  const found = await place.bucket.find();
  if (found.at !== 'there') throw bucketProblem(place, found);
  const current = await currentManifest(place);
  const { manifest } = current;
  const [chosen] = await history(place, 1, (older) => comesBack(older, manifest, to));
  if (chosen === undefined) throw nothingToRollBackTo(place, manifestKey(place), to);
  const gone = await Promise.all(
    chosen.objects.map(async ({ name, key, versionId }) => {
      return (await place.bucket.look(key, versionId)) === undefined ? [name] : [];
    }),
  );
  if (gone.flat().length > 0) throw versionsGone(place, chosen.serial, gone.flat());
  const [before, after] = await Promise.all([publishedValues(place, manifest), publishedValues(place, chosen)]);
  const plan: PlacePlan = {
    ...placeOf(place),
    serial: manifest?.serial ?? null,
    bucketChanges: [],
    objects: planPush(chosen.objects, manifest).changes,
    values: changedValues(before, after),
    rollbackOf: chosen.serial,
  };
  return { place, current, chosen, plan };
}

/** The pinned versions are all there still, so the manifest is all that is written. */
export async function rollBack(
  { place, current, chosen }: RollbackLook,
  { signal, now }: Publishing,
): Promise<PlaceOutcome> {
  signal.throwIfAborted();
  const { objects, serial } = chosen;
  const next = nextManifest({ image: place.image, after: current.newest, now: now(), objects, rollbackOf: serial });
  await writeManifest(place, next, current.etag);
  return { status: 'published', serial: next.serial, content: next.content };
}
