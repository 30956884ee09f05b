import type { LoadOptions } from './load.ts';
import { readConfig } from './read.ts';

/** The names that a configuration gives, whether or not the rest of it is right: for the completion of command lines. */
export interface ConfiguredNames {
  readonly image: readonly string[];
  readonly channel: readonly string[];
  readonly layer: readonly string[];
  readonly artifact: readonly string[];
  readonly variable: readonly string[];
}

/** Undefined where no configuration is found, or it cannot be read: there is nobody to tell. */
export async function configuredNames({ cwd, file }: LoadOptions): Promise<ConfiguredNames | undefined> {
  const read = await readConfig(cwd, file).catch(() => undefined);
  if (read === undefined) return undefined;
  const { images, channels, variables } = recordOf(read.value);
  const each = Object.values(recordOf(images)).map(recordOf);
  const layers = each.flatMap((image) => image.layers);
  const keysOf = (values: readonly unknown[]) => unique(values.flatMap((value) => Object.keys(recordOf(value))));
  return {
    image: keysOf([images]),
    channel: keysOf([channels]),
    layer: unique(layers.filter((name) => typeof name === 'string')),
    artifact: keysOf(each.map((image) => image.artifacts)),
    variable: keysOf([variables, ...each.map((image) => image.variables)]),
  };
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
