import type { Path } from '../problems.ts';
import type { WrittenConfig, WrittenImage } from '../schema.ts';

/** Settings that may be written at the top level and for each image. */
type Scoped = Pick<WrittenImage, 'variables' | 'tags' | 'rootVolume' | 'build'>;

/** The top level and every image, each with its path. */
export function scopes(written: WrittenConfig): readonly { readonly path: Path; readonly settings: Scoped }[] {
  return [
    { path: [], settings: written },
    ...Object.entries(written.images).map(([name, settings]) => ({ path: ['images', name], settings })),
  ];
}
