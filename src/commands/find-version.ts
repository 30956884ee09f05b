import { usage } from '../model/errors.ts';
import type { Architecture } from '../model/ids.ts';
import { isRetired, isUsable, type KnownImage } from '../model/known-image.ts';
import { badText } from '../plan/bad-ancestors.ts';

/**
 * The usable AMIs of one version, one for each architecture, from `api` (the newest usable version) or
 * `api@2026.11.20.1`. Throws `usage` naming what there is.
 */
export function findVersion(
  reference: string,
  architectures: readonly Architecture[] | undefined,
  images: readonly KnownImage[],
  /** What is not done with it where it cannot be. */
  done = 'tried',
): readonly [KnownImage, ...KnownImage[]] {
  const [name = '', wanted] = reference.split('@');
  const ofImage = images.filter(
    ({ image, architecture }) => image === name && (architectures?.includes(architecture) ?? true),
  );
  const version = wanted ?? ofImage.find(isUsable)?.version;
  const found = ofImage.filter((known) => known.version === version);
  const [usable, ...others] = found.filter(isUsable);
  if (usable !== undefined) return [usable, ...others];
  if (found[0] !== undefined) {
    const why = found[0].markedBad
      ? `is ${badText(found[0])}`
      : `is ${found[0].fingerprint ? (isRetired(found[0]) ? 'retired' : found[0].state) : 'unfinished'}`;
    const back = isRetired(found[0]) ? ` bake prune --undo ${name}@${version} brings it back.` : '';
    throw usage(`${name} ${version} cannot be ${done}: it ${why}`, `bake list ${name} shows what there is.${back}`);
  }
  const versions = [...new Set(ofImage.map((known) => known.version))].slice(0, 8);
  if (versions.length === 0)
    throw usage(`there is no image ${name} yet`, `Bake it first; bake plan ${name} shows how.`);
  throw usage(`${name} has no version ${wanted ?? 'that can be used'}`, `Versions are ${versions.join(', ')}.`);
}
