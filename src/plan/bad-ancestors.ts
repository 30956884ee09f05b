import type { Fingerprint } from '../model/ids.ts';
import { isUsable, type KnownImage, newestFirst } from '../model/known-image.ts';

/**
 * What an image stands on and is marked bad, nearest first, as far as it is still among `images`. The image itself does
 * not count. Such an image still boots, but is neither reused nor promoted.
 */
export function badAncestors(known: KnownImage, images: readonly KnownImage[]): readonly KnownImage[] {
  const byId = indexOf(images);
  const bad: KnownImage[] = [];
  const seen = new Set([known]);
  for (let at = byId.get(known.parentImageId); at !== undefined && !seen.has(at); at = byId.get(at.parentImageId)) {
    seen.add(at);
    if (at.markedBad) bad.push(at);
  }
  return bad;
}

/** Usable, and so is what it stands on. */
export const isSound = (
  known: KnownImage,
  images: readonly KnownImage[],
): known is KnownImage & { readonly fingerprint: Fingerprint } =>
  isUsable(known) && badAncestors(known, images).length === 0;

/** Made once for a list of images, which a plan of 1,000 images asks about thousands of times. */
const indices = new WeakMap<readonly KnownImage[], ReadonlyMap<string | undefined, KnownImage>>();

function indexOf(images: readonly KnownImage[]): ReadonlyMap<string | undefined, KnownImage> {
  const known = indices.get(images) ?? new Map(images.map((image) => [image.imageId, image]));
  indices.set(images, known);
  return known;
}

/** What was baked on any of these, however many generations later, newest first. */
export function descendants(of: readonly KnownImage[], images: readonly KnownImage[]): readonly KnownImage[] {
  const above = new Set<string>(of.map(({ imageId }) => imageId));
  const found = new Set<KnownImage>();
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const image of images) {
      if (image.parentImageId === undefined || !above.has(image.parentImageId) || above.has(image.imageId)) continue;
      above.add(image.imageId);
      found.add(image);
    }
  }
  return [...found].sort(newestFirst);
}

/** `marked bad: the disk fills up`. */
export const badText = ({ bad }: KnownImage): string =>
  bad === undefined || bad.reason === '' ? 'marked bad' : `marked bad: ${bad.reason}`;
