import { NAME_RULE, parseLayerName } from '../../model/ids.ts';
import { DEFAULTS } from '../defaults.ts';
import { nearest } from '../nearest.ts';
import { choices, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';

export function layersRule({ written, folders, report }: RuleContext): void {
  const used = Object.values(written.images).some(({ layers = [] }) => layers.length > 0);
  if (folders.layers === undefined) {
    if (used) report(['layers'], `there is no folder ${show(written.layers ?? DEFAULTS.layers)}`);
    return;
  }
  const known = new Set(folders.layers);
  for (const [name, { layers = [] }] of Object.entries(written.images)) {
    for (const [position, layer] of layers.entries()) {
      const path = ['images', name, 'layers', position];
      if (layers.indexOf(layer) < position) report(path, `${show(layer)} is there twice`);
      else if (!known.has(layer)) {
        report(
          path,
          `${show(layer)} is not a layer; layers are ${choices(folders.layers)}`,
          nearest(layer, folders.layers),
        );
      } else if (parseLayerName(layer) === undefined) {
        report(path, `${show(layer)} is not a layer name; names are ${NAME_RULE}`);
      }
    }
  }
}

/** The guard numbers drop-ins of cloud-init `99-bake-<nnn>-` in steps of ten, and a fourth digit would sort before three. */
const MOST_LAYERS = 99;

/** Told for the image that goes beyond, and not again for its children. */
export function layerCountRule({ written, report }: RuleContext): void {
  const counts = new Map<string, number>();
  const count = (name: string | undefined): number => {
    const image = name === undefined ? undefined : written.images[name];
    if (name === undefined || image === undefined) return 0;
    const known = counts.get(name);
    if (known !== undefined) return known;
    counts.set(name, 0);
    const total = count(image.parent) + (image.layers?.length ?? 0);
    counts.set(name, total);
    return total;
  };
  for (const [name, { parent }] of Object.entries(written.images)) {
    const total = count(name);
    if (total <= MOST_LAYERS || count(parent) > MOST_LAYERS) continue;
    report(
      ['images', name, 'layers'],
      `makes ${total} layers with those of its ancestors, and an image has at most ${MOST_LAYERS}; put some together`,
    );
  }
}

export function templatesRule({ written, folders, report }: RuleContext): void {
  if (!folders.templates) report(['templates'], `there is no folder ${show(written.templates)}`);
}
