import type { ToolPaths } from '../setup/ensure-tools.ts';
import type { StepContext } from '../setup/steps.ts';
import type { ToolName } from '../setup/tools.ts';
import { findDebianImage, imageTools, makeDebianImage } from './debian-image.ts';
import type { MachineImage } from './image-cache.ts';
import { findOfficialImage } from './official-image.ts';
import { findUserImage, makeUserImage, USER_IMAGE_TOOLS } from './user-image.ts';
import type { WantedSource } from './wanted-sources.ts';

/** By source alias. */
export type MachineImages = ReadonlyMap<string, MachineImage>;

/** How the image of a source alias is come by: in the cache, or to be made. */
export type ImageRecipe = { readonly alias: string } & (
  | { readonly found: MachineImage }
  | {
      readonly found: undefined;
      readonly tools: readonly ToolName[];
      make(tools: ToolPaths, context: StepContext): Promise<MachineImage>;
    }
);

/** Those in the cache; undefined when one of them is still to be made. */
export async function findImages(sources: readonly WantedSource[]): Promise<MachineImages | undefined> {
  const images = new Map<string, MachineImage>();
  for (const source of sources) {
    const image = await find(source);
    if (image === undefined) return undefined;
    images.set(source.alias, image);
  }
  return images;
}

export async function recipeFor(source: WantedSource, signal?: AbortSignal): Promise<ImageRecipe> {
  const { alias, image } = source;
  const found = await find(source);
  if (found !== undefined) return { alias, found };
  if (!('debian' in image)) {
    const make = (tools: ToolPaths, context: StepContext) => makeUserImage({ alias, image }, tools, context);
    return { alias, found, tools: USER_IMAGE_TOOLS, make };
  }
  const official = await findOfficialImage(image.debian, signal);
  const make = (tools: ToolPaths, context: StepContext) => makeDebianImage(image.debian, official, tools, context);
  return { alias, found, tools: imageTools(official), make };
}

/** One after the other: each keeps a processor and the network busy. */
export async function makeImages(
  recipes: readonly ImageRecipe[],
  tools: ToolPaths,
  context: StepContext,
): Promise<MachineImages> {
  const images = new Map<string, MachineImage>();
  for (const recipe of recipes) images.set(recipe.alias, recipe.found ?? (await recipe.make(tools, context)));
  return images;
}

const find = ({ alias, image }: WantedSource): Promise<MachineImage | undefined> =>
  'debian' in image ? findDebianImage(image.debian) : findUserImage({ alias, image });
