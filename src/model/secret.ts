import type { ImageName } from './ids.ts';
import type { Image } from './image.ts';

/** Where the value of a secret is read, each time that its image is baked. */
export type SecretSource =
  | { readonly env: string }
  | { readonly parameter: string }
  /** `key`: the member to take of a JSON object. */
  | { readonly secretsManager: string; readonly key?: string };

/** What AWS may be called with: a bake needs it as it is, whatever else it is for. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
]);

/** Environment variables that secrets are read from and nothing else. */
export const secretVariables = (images: Iterable<Pick<Image, 'secrets'>>): readonly string[] =>
  [...images]
    .flatMap(({ secrets = {} }) => Object.values(secrets))
    .flatMap((source) => ('env' in source && !CREDENTIALS.has(source.env) ? [source.env] : []));

/** Values by image and name. They are in memory alone: nothing writes them down or prints them. */
export type SecretValues = ReadonlyMap<ImageName, Readonly<Record<string, string>>>;
