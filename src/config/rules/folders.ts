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

export function templatesRule({ written, folders, report }: RuleContext): void {
  if (!folders.templates) report(['templates'], `there is no folder ${show(written.templates)}`);
}
