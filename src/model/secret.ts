import type { ImageName } from './ids.ts';

/** Where the value of a secret is read, each time that its image is baked. */
export type SecretSource =
  | { readonly env: string }
  | { readonly parameter: string }
  /** `key`: the member to take of a JSON object. */
  | { readonly secretsManager: string; readonly key?: string };

/** Values by image and name. They are in memory alone: nothing writes them down or prints them. */
export type SecretValues = ReadonlyMap<ImageName, Readonly<Record<string, string>>>;
