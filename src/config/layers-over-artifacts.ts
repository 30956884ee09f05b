import type { LayerName } from '../model/ids.ts';
import type { Layer } from '../model/image.ts';
import { type Problem, reportTo, show } from './problems.ts';
import { isBelow } from './rules/artifacts.ts';
import type { WrittenConfig } from './schema.ts';

/** Layers are laid after the artefacts of their image, and what one lays in the same place would be all that is left. */
export function layersOverArtifacts(
  { images }: WrittenConfig,
  layers: ReadonlyMap<string, Layer>,
  file: string,
): readonly Problem[] {
  const problems: Problem[] = [];
  const report = reportTo(problems, file);
  for (const [image, { artifacts = {}, layers: own = [] }] of Object.entries(images)) {
    for (const [name, { destination }] of Object.entries(artifacts)) {
      const [found] = own.flatMap((layer) =>
        (layers.get(layer as LayerName)?.files ?? []).flatMap(({ path }) => {
          const isSame = path === destination;
          return isSame || isBelow(path, destination) || isBelow(destination, path) ? [{ layer, path, isSame }] : [];
        }),
      );
      if (found === undefined) continue;
      const { layer, path, isSame } = found;
      const flaw = isSame
        ? `is a file of layers/${layer} too, which would take its place`
        : `and ${show(path)} of layers/${layer} cannot both be files`;
      report(['images', image, 'artifacts', name, 'destination'], `${show(destination)} ${flaw}`);
    }
  }
  return problems;
}
