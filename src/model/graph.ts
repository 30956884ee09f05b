import type { ImageName } from './ids.ts';
import type { Image } from './image.ts';

export type Images = ReadonlyMap<ImageName, Image>;

export function parentOf(image: Image): ImageName | undefined {
  return image.origin.kind === 'service' ? image.origin.parent : undefined;
}

/** Root ancestor first, the image itself last. Needs an acyclic, closed graph (the configuration's rules see to it). */
export function lineage(images: Images, name: ImageName): readonly Image[] {
  const chain: Image[] = [];
  for (let next: ImageName | undefined = name; next !== undefined; ) {
    const image = images.get(next);
    if (image === undefined) throw new Error(`no image ${next} in the graph`);
    if (chain.includes(image)) throw new Error(`cycle in the graph at ${next}`);
    chain.unshift(image);
    next = parentOf(image);
  }
  return chain;
}

/** These images and all that stands on them, however far up. */
export function withDescendants(images: Images, names: Iterable<ImageName>): ReadonlySet<ImageName> {
  const found = new Set(names);
  for (const name of found.size === 0 ? [] : images.keys()) {
    if (lineage(images, name).some((ancestor) => found.has(ancestor.name))) found.add(name);
  }
  return found;
}

/** Cycles among parents, each once, as `['a', 'b', 'a']`. Unknown parents end a walk. */
export function cycles(parents: ReadonlyMap<string, string | undefined>): readonly (readonly string[])[] {
  const settled = new Set<string>();
  const found: string[][] = [];
  for (const start of parents.keys()) {
    const walk: string[] = [];
    for (let at: string | undefined = start; at !== undefined && !settled.has(at); at = parents.get(at)) {
      const seen = walk.indexOf(at);
      if (seen !== -1) {
        found.push([...walk.slice(seen), at]);
        break;
      }
      walk.push(at);
    }
    for (const name of walk) settled.add(name);
  }
  return found;
}
