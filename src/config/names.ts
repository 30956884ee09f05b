import type { LoadOptions } from './load.ts';
import { readConfig } from './read.ts';

/** The names that a configuration gives, whether or not the rest of it is right: for the completion of command lines. */
export interface ConfiguredNames {
  readonly image: readonly string[];
  readonly channel: readonly string[];
  readonly layer: readonly string[];
}

/** Undefined where no configuration is found, or it cannot be read: there is nobody to tell. */
export async function configuredNames({ cwd, file }: LoadOptions): Promise<ConfiguredNames | undefined> {
  const read = await readConfig(cwd, file).catch(() => undefined);
  if (read === undefined) return undefined;
  const { images, channels } = recordOf(read.value);
  const layers = Object.values(recordOf(images)).map((image) => recordOf(image).layers);
  return {
    image: Object.keys(recordOf(images)),
    channel: Object.keys(recordOf(channels)),
    layer: [...new Set(layers.flat().filter((name) => typeof name === 'string'))],
  };
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
