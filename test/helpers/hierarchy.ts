import type { ProjectSpec } from './project.ts';

/** Images of each level, from the base up; the children of a level are shared out evenly among their parents. */
export function levelsOf(sizes: readonly number[]): readonly (readonly string[])[] {
  return sizes.map((size, level) => Array.from({ length: size }, (_, n) => `l${level}-${n}`));
}

/** By image; a base has none. */
export function parentsOf(sizes: readonly number[]): ReadonlyMap<string, string | undefined> {
  const levels = levelsOf(sizes);
  const pairs = levels.flatMap((names, level) =>
    names.map((name, n) => {
      const above = levels[level - 1];
      return [name, above?.[n % above.length]] as const;
    }),
  );
  return new Map(pairs);
}

/** A project of so many images, a layer with one file each. */
export function hierarchy(sizes: readonly number[], settings: object = {}): ProjectSpec {
  const parents = [...parentsOf(sizes)];
  const originOf = (parent: string | undefined) => (parent === undefined ? { source: 'debian:12' } : { parent });
  return {
    images: Object.fromEntries(parents.map(([name, parent]) => [name, { ...originOf(parent), layers: [name] }])),
    layers: Object.fromEntries(parents.map(([name]) => [name, { [`files/etc/bake-${name}`]: `${name}\n` }])),
    settings,
  };
}
