import type { ImageDiff } from '../model/comparison.ts';
import type { KnownImage } from '../model/known-image.ts';
import { guardedChanges, packageChanges } from './compare-records.ts';
import { compareStates } from './compare-states.ts';
import { bakedState, type ImageState, type RecordsById } from './image-state.ts';

/** What differs between two versions of an image in one architecture. */
export function diffImages(
  before: KnownImage,
  after: KnownImage,
  images: readonly KnownImage[],
  records: RecordsById,
): ImageDiff {
  const [from, to] = [bakedState(before, images, records), bakedState(after, images, records)];
  const [had, has] = [from.record?.machine?.packages, to.record?.machine?.packages];
  return {
    id: `${after.image}/${after.architecture}`,
    chain: compareStates(from, to),
    packages: had && has ? packageChanges(had, has) : null,
    guarded: guardedChanges(from, to) ?? null,
    withoutRecord: [...new Set([...withoutRecord(from), ...withoutRecord(to)])],
  };
}

function withoutRecord(state: ImageState | undefined): readonly string[] {
  if (state === undefined) return [];
  const above = withoutRecord(state.parent);
  return state.record === undefined ? [`${state.image} ${state.baked?.version}`, ...above] : above;
}
