import type { LayerName } from '../model/ids.ts';
import type { Layer } from '../model/image.ts';
import { type Problem, reportTo, show } from './problems.ts';
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
      const found = own.flatMap((layer) =>
        (layers.get(layer as LayerName)?.files ?? []).filter(({ path }) => path === destination).map(() => layer),
      )[0];
      if (found === undefined) continue;
      const path = ['images', image, 'artifacts', name, 'destination'];
      report(path, `${show(destination)} is a file of layers/${found} too, which would take its place`);
    }
  }
  return problems;
}
