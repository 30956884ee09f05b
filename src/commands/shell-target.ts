import { nearest } from '../config/nearest.ts';
import { usage } from '../model/errors.ts';
import type { Architecture, ImageName, LayerName } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import { isOutside, placeOf, provisionSteps } from '../render/provisioning.ts';
import { parseArchitectures, selectImages } from './selection.ts';

/** What `bake shell` is about. */
export interface ShellTarget {
  readonly image: Image;
  readonly architecture: Architecture;
  readonly layer: LayerName | undefined;
  /** `--layer`: run it whole. */
  readonly rerun: boolean;
}

/** An image, or a layer, which is tried on the image that has it. Throws `usage`. */
export function shellTarget(
  config: Config,
  name: string,
  { layer: rerun, arch }: { readonly layer?: string; readonly arch?: string },
): ShellTarget {
  const image = config.images.get(name as ImageName) ?? imageWith(config, name);
  const layer = rerun ?? (name === image.name ? undefined : name);
  const [architecture = image.architectures[0]] = parseArchitectures(arch, [image]) ?? [];
  if (architecture === undefined) throw new Error(`${image.name} has no architecture`);
  return { image, architecture, layer: layerOf(config, image, layer), rerun: rerun !== undefined };
}

/** Throws `usage` where a layer would have to run that Packer has a part in, which there is none of on this machine. */
export function requireOwnSteps(config: Config, { image, layer, rerun }: ShellTarget): void {
  if (layer === undefined) return;
  const whole = image.layers.slice(0, image.layers.indexOf(layer) + (rerun ? 1 : 0));
  for (const step of provisionSteps(whole.flatMap((name) => config.layers.get(name) ?? []))) {
    if (!isOutside(step)) continue;
    throw usage(
      `${placeOf(step)} is run by Packer, which bake shell does without`,
      `bake ${image.origin.kind} ${image.name} --sandbox runs it; --keep-on-error keeps a builder on which it fails.`,
    );
  }
}

function imageWith(config: Config, layer: string): Image {
  const [image, ...others] = imagesWith(config, layer);
  if (image === undefined) {
    const names = [...config.images.keys(), ...config.layers.keys()];
    const near = nearest(layer, names);
    const meant = near === undefined ? '' : `Did you mean ${near}? `;
    const hint = `${meant}There are ${[...new Set(names)].join(', ')}.`;
    throw usage(`${JSON.stringify(layer)} is neither an image nor a layer of one in the configuration`, hint);
  }
  if (others.length === 0) return image;
  const names = [image, ...others].map((one) => one.name);
  throw usage(`layer ${layer} is in ${names.join(', ')}`, `Say on which: bake shell ${image.name} --layer ${layer}.`);
}

const imagesWith = (config: Config, layer: string): readonly Image[] =>
  selectImages(config, []).filter(({ layers }) => layers.some((name) => name === layer));

function layerOf(config: Config, image: Image, layer: string | undefined): LayerName | undefined {
  if (layer === undefined) return undefined;
  const found = image.layers.find((name) => name === layer);
  if (found !== undefined) return found;
  const [other] = imagesWith(config, layer);
  const own = image.layers.length === 0 ? `${image.name} has no layers.` : `Its layers are ${image.layers.join(', ')}.`;
  const hint = other === undefined ? own : `It is one of ${other.name}: bake shell ${other.name} --layer ${layer}.`;
  throw usage(`${JSON.stringify(layer)} is no layer of ${image.name}`, hint);
}
