import picomatch from 'picomatch';
import { nearest } from '../config/nearest.ts';
import { usage } from '../model/errors.ts';
import { withDescendants } from '../model/graph.ts';
import type { ImageName } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';

export interface ImageChoice {
  /** Names and globs; none: every image. */
  readonly only: readonly string[];
  /** Left out, and what stands on them with them: it could not follow its parent. */
  readonly except: readonly string[];
}

/** The images of a choice, in the order of the configuration. Throws `usage` where a pattern fits none, or nothing is left. */
export function chooseImages({ images }: Pick<Config, 'images'>, { only, except }: ImageChoice): readonly Image[] {
  const names = [...images.keys()];
  const wanted = only.length === 0 ? new Set(names) : matching(only, names);
  const without = withDescendants(images, matching(except, names));
  const chosen = [...images.values()].filter(({ name }) => wanted.has(name) && !without.has(name));
  if (chosen.length > 0) return chosen;
  const given = [...only, ...except.map((pattern) => `--except ${pattern}`)].join(' ');
  throw usage(`no image is left of ${given}`, '--except leaves out what stands on the images that it names as well.');
}

function matching(patterns: readonly string[], names: readonly ImageName[]): ReadonlySet<ImageName> {
  return new Set(
    patterns.flatMap((pattern) => {
      const fits = picomatch(pattern, { nonegate: true });
      const found = names.filter((name) => name === pattern || fits(name));
      if (found.length === 0) throw fitsNone(pattern, names);
      return found;
    }),
  );
}

function fitsNone(pattern: string, names: readonly ImageName[]) {
  const near = nearest(pattern.replaceAll(/[*?]/g, ''), names);
  const meant = near === undefined ? '' : `Did you mean ${near}? `;
  return usage(`${JSON.stringify(pattern)} fits no image`, `${meant}Images are ${names.join(', ')}.`);
}
