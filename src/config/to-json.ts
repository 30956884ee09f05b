import { relative, sep } from 'node:path';
import type { Artifact } from '../model/artifact.ts';
import type { Channel } from '../model/channel.ts';
import type { Config, Image, Json, Layer, LayerStep, SandboxImage } from '../model/image.ts';

/**
 * The resolved configuration as one JSON document, for `bake config --json`; docs/config.md describes it. Folders are
 * relative to `root`, so that two checkouts differ in `file` and `root` only.
 */
export function configToJson(config: Config): Json {
  const { channels, images, layers, layersDir, templatesDir, sandboxImages, ...rest } = config;
  const fromRoot = (path: string) => relative(config.root, path).split(sep).join('/') || '.';
  const relativeFile = ([alias, image]: readonly [string, SandboxImage]) => {
    const from = 'file' in image.from ? { file: fromRoot(image.from.file) } : image.from;
    return [alias, { ...image, from }] as const;
  };
  const relativeArtifact = ({ from, ...artifact }: Artifact) => ({
    ...artifact,
    from: 'file' in from ? { file: fromRoot(from.file) } : from,
  });
  const relativeImage = ({ artifacts, ...image }: Image) =>
    artifacts === undefined ? image : { ...image, artifacts: artifacts.map(relativeArtifact) };
  return asJson({
    version: 1,
    ...rest,
    layersDir: fromRoot(layersDir),
    ...(templatesDir === undefined ? {} : { templatesDir: fromRoot(templatesDir) }),
    ...(sandboxImages.size === 0 ? {} : { sandboxImages: Object.fromEntries([...sandboxImages].map(relativeFile)) }),
    channels: byName(channels.values(), ({ name, ...channel }) => channel),
    images: byName(images.values(), relativeImage),
    layers: byName(layers.values(), (layer) => ({
      ...layer,
      dir: fromRoot(layer.dir),
      steps: layer.steps.map(shortStep),
    })),
  });
}

/** What is written for Packer is in its file. */
function shortStep(step: LayerStep): object {
  if (step.kind !== 'packer') return step;
  const { hcl, ...rest } = step;
  return rest;
}

function byName<T extends Channel | Image | Layer>(members: Iterable<T>, entryOf: (member: T) => object): object {
  return Object.fromEntries([...members].map((member) => [member.name, entryOf(member)]));
}

/** Configurations are made of JSON values only; the compiler cannot see it in interfaces. */
function asJson(value: object): Json {
  return value as Json;
}
