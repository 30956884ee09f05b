import { LARGEST_TEXT, ROOTS, SKIPPED } from '../contract/neutral/places.ts';
import { COMMENT, HINTS, NEUTRAL_ROWS } from '../contract/neutral/rows.ts';
import { RELEASE_FACTS } from '../contract/release.ts';
import { CONTRACT } from '../contract/table.ts';
import { pathPattern } from '../contract/touch.ts';
import { lineage } from '../model/graph.ts';
import type { Config, Image, Layer, PackagePin } from '../model/image.ts';

/** What the guard on the builder knows of cloud-init: the rows, and how to tell which release's apply. JSON. */
export function contractFile(): string {
  const releases = Object.fromEntries(Object.entries(RELEASE_FACTS).map(([release, { os }]) => [release, os]));
  // Where a row's fact comes from is for its readers, and a better source bakes nothing again.
  const rows = CONTRACT.map(({ source: _, ...row }) => row);
  return `${JSON.stringify({ releases, rows })}\n`;
}

/** What an image has to be free of, to work in every region: rows, and where to look. JSON. */
export function neutralFile(): string {
  const rows = NEUTRAL_ROWS.map(({ source: _, ...row }) => row);
  const places = { roots: ROOTS, skipped: SKIPPED, largest: LARGEST_TEXT };
  return `${JSON.stringify({ rows, hints: HINTS, comment: COMMENT, ...places })}\n`;
}

/** What each layer accepts, by name: `path` is an expression over paths of the machine or of the layer folder. JSON. */
export function acceptancesFile(layers: readonly Layer[]): string {
  const ofLayer = ({ accept }: Layer) =>
    accept.map(({ rule, path, reason }) => ({ rule, path: path === undefined ? null : pathPattern(path), reason }));
  return `${JSON.stringify(Object.fromEntries(layers.map((layer) => [layer.name, ofLayer(layer)])))}\n`;
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

/** Where the image's artefacts come among the layers of its lineage. JSON. */
export function artifactsPlaceFile(config: Config, image: Image): string {
  return `${JSON.stringify({ position: firstPosition(config, image) })}\n`;
}

function firstPosition(config: Config, image: Image): number {
  const ancestors = lineage(config.images, image.name).slice(0, -1);
  return ancestors.reduce((count, ancestor) => count + ancestor.layers.length, 1);
}
