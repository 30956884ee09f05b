import { relative, resolve, sep } from 'node:path';
import { readLayerTexts } from '../config/layers/texts.ts';
import { type Sorted, sortAccepted } from '../contract/acceptance.ts';
import type { LayerText } from '../contract/lineage.ts';
import { lintLayers } from '../contract/lint.ts';
import type { UserData } from '../contract/rules/rule.ts';
import type { Finding } from '../model/finding.ts';
import { lineage } from '../model/graph.ts';
import type { ImageName } from '../model/ids.ts';
import type { Config, Image, Layer } from '../model/image.ts';
import { releaseOf } from '../model/release.ts';
import { renderLayerFile, templateData } from '../render/payload.ts';

/** An image's own layers, and what was found in them before anything is accepted. */
export interface LintedImage {
  readonly image: ImageName;
  readonly layers: readonly LayerText[];
  readonly findings: readonly Finding[];
}

/** Lints the layers of each image in the light of its ancestors'. Reads layers and nothing else. */
export async function lintImages(
  config: Config,
  images: readonly Image[],
  userData?: UserData,
): Promise<readonly LintedImage[]> {
  const chains = images.map((image) => lineage(config.images, image.name));
  const layers = new Set(chains.flat().flatMap((image) => layersOf(config, image)));
  const raw = new Map<Layer, ReadonlyMap<string, string>>();
  for (const layer of layers) raw.set(layer, await readLayerTexts(layer));

  return chains.map((chain) => {
    const own = chain.at(-1) as Image;
    const texts = chain.flatMap((image) =>
      layersOf(config, image).map((layer): LayerText => {
        return { layer, own: image === own, texts: rendered(config, image, layer, raw.get(layer) ?? new Map()) };
      }),
    );
    const findings = lintLayers({ layers: texts, release: releaseOfChain(chain), userData });
    return { image: own.name, layers: texts.filter((text) => text.own), findings };
  });
}

/** What counts, for a bake: without shellcheck, so that it does not depend on what is installed. */
export function acceptedFindings(linted: readonly LintedImage[]): Sorted {
  const layers = new Set(linted.flatMap((image) => image.layers.map(({ layer }) => layer)));
  return sortAccepted(
    linted.flatMap(({ findings }) => findings),
    layers,
    ['shellcheck'],
  );
}

/** A layer of two images is the same in both, unless its templates say otherwise. */
export function once(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [keyOf(finding), finding])).values()];
}

const keyOf = ({ layer, rule, file, line, message }: Finding) => JSON.stringify([layer, rule, file, line, message]);

/** Where an editor finds it from the project's folder. */
export function fileFromRoot(config: Config, { layer, file }: Finding): string {
  const dir = layer === undefined ? undefined : config.layers.get(layer)?.dir;
  return dir === undefined ? file : relative(config.root, resolve(dir, file)).split(sep).join('/');
}

const layersOf = (config: Config, image: Image): readonly Layer[] =>
  image.layers.flatMap((name) => config.layers.get(name) ?? []);

function releaseOfChain([root]: readonly Image[]) {
  return root?.origin.kind === 'base' ? releaseOf(root.origin.source) : undefined;
}

/** As they arrive on the machine. The first architecture stands for all: templates rarely ask for it. */
function rendered(config: Config, image: Image, layer: Layer, raw: ReadonlyMap<string, string>) {
  const parts = [...layer.files, ...layer.steps];
  const templates = new Set(parts.flatMap((part) => ('template' in part && part.template ? [part.source] : [])));
  const [architecture = 'x86_64'] = image.architectures;
  const data = templateData({ config, image, architecture });
  const render = (source: string, text: string) =>
    templates.has(source) ? renderLayerFile(layer, source, text, data) : text;
  return new Map([...raw].map(([source, text]) => [source, render(source, text)] as const));
}
