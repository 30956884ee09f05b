import { isUsable, type KnownImage } from '../../model/known-image.ts';
import type { BakeStep } from '../../model/plan.ts';
import { badAncestors } from '../../plan/bad-ancestors.ts';

/**
 * Another run may have baked the very same image while we were planning. A forced one is not the same: its nonce would
 * be missing in the fingerprints of our children, and one that we force is not there yet.
 */
export function madeElsewhere(step: BakeStep, images: readonly KnownImage[]): KnownImage | undefined {
  if (step.nonce !== undefined) return undefined;
  return images.find(
    (known) =>
      known.image === step.image &&
      known.architecture === step.architecture &&
      known.fingerprint === step.fingerprint &&
      known.nonce === undefined &&
      isUsable(known) &&
      badAncestors(known, images).length === 0,
  );
}
