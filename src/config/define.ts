import type { WrittenConfig } from './schema.ts';

/** Gives a `bake.config.ts` its types; returns what it gets. */
export function defineConfig(config: WrittenConfig): WrittenConfig {
  return config;
}
