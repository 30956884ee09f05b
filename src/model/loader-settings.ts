import type { ImageName } from './ids.ts';
import { hasContent, type LoadPolicy, type OnChange, type RegionConfig } from './region-config.ts';

/** What the loader on an instance is told by its image; user-data may say otherwise, key by key. */
export interface LoaderSettings {
  readonly version: 1;
  readonly image: ImageName;
  /** Patterns: the instance knows its account and region, and user-data says the channel. */
  readonly bucket: string;
  readonly prefix: string;
  readonly required: readonly string[];
  readonly policy: LoadPolicy;
  readonly service: string | null;
  readonly onChange: OnChange;
  readonly group: string;
  /** Seconds. */
  readonly deadline: number;
}

/** Undefined where there is nothing to load. */
export function loaderSettings(image: ImageName, config: RegionConfig): LoaderSettings | undefined {
  if (!hasContent(config)) return undefined;
  const { bucket, prefix, required, policy, service = null, onChange, group, deadline } = config;
  return { version: 1, image, bucket, prefix, required, policy, service, onChange, group, deadline };
}
