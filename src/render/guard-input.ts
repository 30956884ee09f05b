import { RELEASE_FACTS } from '../contract/release.ts';
import { CONTRACT } from '../contract/table.ts';
import { lineage } from '../model/graph.ts';
import type { Config, Image, Layer, PackagePin } from '../model/image.ts';

/** What the guard on the builder knows of cloud-init: the rows, and how to tell which release's apply. JSON. */
export function contractFile(): string {
  const releases = Object.fromEntries(Object.entries(RELEASE_FACTS).map(([release, { os }]) => [release, os]));
  // Where a row's fact comes from is for its readers, and a better source bakes nothing again.
  const rows = CONTRACT.map(({ source: _, ...row }) => row);
  return `${JSON.stringify({ releases, rows })}\n`;
}

/** The image's layers with their positions, the root ancestor's first layer being 1. JSON. */
export function layersFile(config: Config, image: Image, layers: readonly Layer[]): string {
  const first = firstPosition(config, image);
  return `${JSON.stringify(layers.map(({ name }, index) => ({ name, position: first + index })))}\n`;
}

/** What packages are pinned to, and the position of the image's first layer, which they are installed by. JSON. */
export function pinFile(config: Config, image: Image, pin: PackagePin): string {
  return `${JSON.stringify({ pin, position: firstPosition(config, image) })}\n`;
}

function firstPosition(config: Config, image: Image): number {
  const ancestors = lineage(config.images, image.name).slice(0, -1);
  return ancestors.reduce((count, ancestor) => count + ancestor.layers.length, 1);
}
