import type { Architecture } from '../model/ids.ts';
import type { Config, Image, Layer } from '../model/image.ts';
import { bakedVolumes } from '../model/volume.ts';
import { extraVarsFile, extraVarsName, provisionerRoot } from './ansible.ts';
import { artifactSums, artifactsFile } from './artifacts.ts';
import { acceptancesFile, artifactsPlaceFile, contractFile, layersFile, neutralFile, pinFile } from './guard-input.ts';
import { renderTemplate } from './handlebars.ts';
import {
  machineName,
  ownersFile,
  provisionSteps,
  stepsFile,
  VOLUMES_DIR,
  variablesFile,
  volumesFile,
} from './provisioning.ts';
import { type LoaderSources, regionConfigEntries } from './region-config/loader-files.ts';

/** A member of a tar archive. `source` names a file of a layer that is read when the archive is written. */
export interface ArchiveEntry {
  readonly path: string;
  readonly mode: string;
  readonly content:
    | { readonly kind: 'text'; readonly text: string }
    | {
        readonly kind: 'layer-file';
        readonly layer: Layer;
        readonly source: string;
        readonly digest: string;
        readonly template: boolean;
      }
    | { readonly kind: 'link'; readonly target: string }
    | { readonly kind: 'archive'; readonly entries: readonly ArchiveEntry[] };
}

export interface PayloadRequest {
  readonly config: Config;
  readonly image: Image;
  readonly architecture: Architecture;
  readonly layers: readonly Layer[];
  /** What runs on the builder: name in the payload (`run.sh`) → source. */
  readonly programs: Readonly<Record<string, string>>;
  readonly loader: LoaderSources;
}

/** Everything that the builder needs, as one archive: users' strings travel in it and never in the Packer template. */
export function payloadEntries(request: PayloadRequest): readonly ArchiveEntry[] {
  const { config, image, layers } = request;
  const steps = provisionSteps(layers);
  const volumes = bakedVolumes(image.volumes);
  return [
    ...Object.entries(request.programs).map(([name, source]) => text(name, source, '0755')),
    text('contract.json', contractFile()),
    text('layers.json', layersFile(config, image, layers)),
    ...(image.packages === undefined ? [] : [text('pin.json', pinFile(config, image, image.packages))]),
    ...artifactEntries(config, image),
    ...(volumes.length === 0 ? [] : [text('volumes', volumesFile(volumes))]),
    text('neutral.json', neutralFile()),
    ...(image.secrets === undefined ? [] : [text('secrets', lines(Object.keys(image.secrets)))]),
    text('acceptances.json', acceptancesFile(layers)),
    text('communicator', `${image.build.communicator}\n`),
    text('steps', stepsFile(steps, layers)),
    text('variables.sh', variablesFile(image.variables, builderBuiltins(request))),
    ...layers.flatMap((layer, index) => layerEntries(layer, `layers/${index + 1}`)),
    ...loaderArchive(request),
  ];
}

/** What Packer's provisioners read on this machine, beside the template. */
export function provisionerEntries(
  request: Pick<PayloadRequest, 'config' | 'image' | 'architecture' | 'layers'>,
): readonly ArchiveEntry[] {
  const { image, layers } = request;
  const files = layers.flatMap((layer) =>
    layer.provisionerFiles.map(({ source, executable, digest }): ArchiveEntry => {
      const content = { kind: 'layer-file', layer, source, digest, template: false } as const;
      return { path: `${provisionerRoot(layer)}/${source}`, mode: executable ? '0755' : '0644', content };
    }),
  );
  const variables = provisionSteps(layers).flatMap((step) => {
    if (step.action !== 'ansible') return [];
    return [text(extraVarsName(step.number), extraVarsFile(image, builderBuiltins(request), step.step.extraVars))];
  });
  return [...files, ...variables];
}

/** What a layer's template sees: the image's variables, and three names of ours that they cannot hide. */
export function templateData({
  config,
  image,
  architecture,
}: Pick<PayloadRequest, 'config' | 'image' | 'architecture'>) {
  return { ...image.variables, image: image.name, project: config.project, architecture };
}

/** A layer's file as it goes to the machine. */
export function renderLayerFile(layer: Layer, source: string, content: string, data: object): string {
  return renderTemplate(`layers/${layer.name}/${source}`, content, data);
}

/** What scripts find in their environment besides the image's variables. */
export function builtins({
  config,
  image,
  architecture,
}: Pick<PayloadRequest, 'config' | 'image' | 'architecture'>): Record<string, string> {
  return { BAKE_IMAGE: image.name, BAKE_PROJECT: config.project, BAKE_ARCH: architecture };
}

/** The same on a builder, which has volumes. */
function builderBuiltins(request: Parameters<typeof builtins>[0]): Record<string, string> {
  const volumes = bakedVolumes(request.image.volumes);
  return { ...builtins(request), ...(volumes.length === 0 ? {} : { BAKE_VOLUMES: VOLUMES_DIR }) };
}

/** Their content is sent beside the payload, which is made in memory. */
function artifactEntries(config: Config, image: Image): ArchiveEntry[] {
  if (image.artifacts === undefined || image.artifacts.length === 0) return [];
  return [
    text('artifacts.json', artifactsPlaceFile(config, image)),
    text('artifacts', artifactsFile(image.artifacts)),
    text('artifacts.sums', artifactSums(image.artifacts)),
  ];
}

/** Apart from the layers: it is laid when they are done, so that a layer's check of its service waits for no bucket. */
function loaderArchive({ image, loader }: PayloadRequest): ArchiveEntry[] {
  if (image.regionConfig === undefined) return [];
  const entries = regionConfigEntries(image.name, image.regionConfig, loader);
  return [{ path: 'region-config.tar', mode: '0644', content: { kind: 'archive', entries } }];
}

function layerEntries(layer: Layer, at: string): ArchiveEntry[] {
  const files = layer.files.map((file): ArchiveEntry => {
    const path = file.path.slice(1);
    if (file.type === 'symlink') return { path, mode: '0777', content: { kind: 'link', target: file.target ?? '' } };
    const { source, digest, template } = file;
    return { path, mode: file.mode, content: { kind: 'layer-file', layer, source, digest, template } };
  });
  const scripts = layer.steps.flatMap((step): ArchiveEntry[] => {
    if (step.kind !== 'script') return [];
    const { source, digest, template } = step;
    const content = { kind: 'layer-file', layer, source, digest, template } as const;
    return [{ path: `${at}/${machineName(source, template)}`, mode: '0755', content }];
  });
  return [
    text(`${at}/owners`, ownersFile(layer)),
    ...(files.length === 0
      ? []
      : [{ path: `${at}/files.tar`, mode: '0644', content: { kind: 'archive', entries: files } } as const]),
    ...scripts,
  ];
}

const lines = (names: readonly string[]) => names.map((name) => `${name}\n`).join('');

function text(path: string, content: string, mode = '0644'): ArchiveEntry {
  return { path, mode, content: { kind: 'text', text: content } };
}
