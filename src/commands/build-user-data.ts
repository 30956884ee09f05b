import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLayerTexts } from '../config/layers/texts.ts';
import { BakeError, usage } from '../model/errors.ts';
import { lineage } from '../model/graph.ts';
import type { ChannelName } from '../model/ids.ts';
import type { Config, Image, Layer } from '../model/image.ts';
import { hasContent, isPerChannel } from '../model/region-config.ts';
import type { UserDataPart } from '../model/user-data.ts';
import { layerParts, loaderParts, settingsPart } from '../render/user-data/parts.ts';
import { type RenderedUserData, renderUserData } from '../render/user-data.ts';
import { findingLine } from '../report/findings.ts';
import { loaderSources } from '../run/rendered-folder.ts';
import { loadTemplates } from '../run/templates.ts';
import { schemaFlaws } from '../setup/cloud-init-schema.ts';
import { chooseChannels } from './choose-channels.ts';
import { acceptedFindings, fileFromRoot, lintImages } from './lint-images.ts';

export interface UserDataRequest {
  readonly config: Config;
  readonly image: Image;
  readonly channel?: string | undefined;
  /** With the loader, for an image that was not baked here. */
  readonly standalone: boolean;
  readonly signal: AbortSignal;
}

export interface BuiltUserData extends RenderedUserData {
  readonly parts: readonly UserDataPart[];
}

/** The user-data of an image's instances, checked; undefined where there is nothing to say to them. */
export async function buildUserData(request: UserDataRequest): Promise<BuiltUserData | undefined> {
  const { config, image, signal } = request;
  const channel = channelOf(request);
  const chain = lineage(config.images, image.name);
  const layers = [...new Set(chain.flatMap((one) => one.layers.flatMap((name) => config.layers.get(name) ?? [])))];
  await refuseFindings(config, chain);
  const texts = new Map<Layer, ReadonlyMap<string, string>>();
  for (const layer of layers) if (layer.userData.length > 0) texts.set(layer, await readLayerTexts(layer));
  const { regionConfig } = image;
  const isLoading = regionConfig !== undefined && hasContent(regionConfig);
  if (request.standalone && !isLoading) throw nothingToLoad(image);
  const templates = request.standalone ? await loadTemplates(config.templatesDir) : undefined;
  const parts = [
    ...(isLoading ? [settingsPart(channel)] : []),
    ...(isLoading && templates !== undefined ? loaderParts(image, regionConfig, loaderSources(templates)) : []),
    ...layerParts(layers, texts),
  ];
  if (parts.length === 0) return undefined;
  await refuseBySchema(image, parts, signal);
  return { ...renderUserData(image.name, parts), parts };
}

function channelOf({ config, image, channel }: UserDataRequest): ChannelName | undefined {
  const { regionConfig } = image;
  if (channel === undefined) {
    if (regionConfig === undefined || !hasContent(regionConfig) || !isPerChannel(regionConfig)) return undefined;
    const names = [...config.channels.keys()].join(', ');
    throw usage(
      `each channel of ${image.name} has a place of its own, so its instances must be told theirs`,
      `--channel <name>: ${names}`,
    );
  }
  if (regionConfig === undefined || !hasContent(regionConfig)) {
    throw usage(
      `${image.name} has no region config, so a channel says nothing to its instances`,
      'Leave --channel out.',
    );
  }
  return [...chooseChannels(config, channel)][0];
}

async function refuseFindings(config: Config, chain: readonly Image[]): Promise<void> {
  const { findings } = acceptedFindings(await lintImages(config, chain));
  const errors = findings.filter(({ file, severity }) => file.startsWith('user-data/') && severity === 'error');
  if (errors.length === 0) return;
  throw new BakeError({
    code: 'user-data-invalid',
    message: `${errors.length === 1 ? '1 mistake' : `${errors.length} mistakes`} in parts of the user-data of ${chain.at(-1)?.name}`,
    hint: 'Change what each line says. bake check shows them too.',
    details: errors.map((finding) => findingLine({ ...finding, file: fileFromRoot(config, finding) })),
    blame: 'user',
  });
}

/** By cloud-init itself, where this machine has it. */
async function refuseBySchema(image: Image, parts: readonly UserDataPart[], signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bake-user-data-'));
  try {
    const details: string[] = [];
    for (const { origin, name, type, text } of parts) {
      if (type !== 'text/cloud-config') continue;
      const file = join(folder, name);
      await writeFile(file, text);
      const flaws = await schemaFlaws(file, signal);
      if (flaws !== undefined) details.push(`${origin}: ${flaws}`);
    }
    if (details.length > 0) throw notValid(image, details);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const notValid = (image: Image, details: readonly string[]) =>
  new BakeError({
    code: 'user-data-invalid',
    message: `cloud-init schema refuses parts of the user-data of ${image.name}`,
    hint: 'Change what each line says: a new instance would pass over it.',
    details,
    blame: 'user',
  });

const nothingToLoad = ({ name }: Image) =>
  usage(
    `${name} has no region config, so there is nothing to load`,
    'Give it regionConfig with values or files, or leave --standalone out.',
  );
