import type { Region } from './ids.ts';
import type { Variables } from './image.ts';

/** How objects are encrypted in the bucket. */
export type Encryption =
  /** With keys that S3 keeps. */
  | { readonly by: 's3' }
  /** Alias or ARN, which may hold `{region}` and `{account}`. */
  | { readonly by: 'kms'; readonly key: string }
  /** Region → alias or ARN. */
  | { readonly by: 'kms-per-region'; readonly keys: Readonly<Record<string, string>> };

export type OnChange = 'reload-or-restart' | 'restart' | 'reload' | 'none' | { readonly command: readonly string[] };

/** `fail-closed`: without its configuration the service does not start. */
export type LoadPolicy = 'fail-closed' | 'last-known-good';

/** What an image's instances load from the bucket of their own region. */
export interface RegionConfig {
  /** Pattern with `{region}`, and `{account}` or `{channel}` where wanted. */
  readonly bucket: string;
  /** Pattern of the key's first part, without a slash at its end; may hold `{channel}`. */
  readonly prefix: string;
  readonly encryption: Encryption;
  /** Name on the machine → source file, relative to the configuration's folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly values: Variables;
  /** Merged over `values`, in this order: region, account, channel. */
  readonly regionValues: Readonly<Record<string, Variables>>;
  readonly accountValues: Readonly<Record<string, Variables>>;
  readonly channelValues: Readonly<Record<string, Variables>>;
  /** Dotted paths. */
  readonly required: readonly string[];
  /** Dotted paths whose values are references and never the secrets themselves. */
  readonly secrets: readonly string[];
  /** By which instances may read the bucket. */
  readonly instanceProfile?: string;
  /** The unit that needs the configuration. */
  readonly service?: string;
  readonly onChange: OnChange;
  readonly policy: LoadPolicy;
  /** Of the files on the machine. */
  readonly group: string;
  /** Seconds between two looks; 0: only when booting. */
  readonly refresh: number;
  /** Seconds for one load, attempts included. */
  readonly deadline: number;
}

/** Whether there is anything to load: a base image may only say where its children's configuration is. */
export function hasContent(config: RegionConfig): boolean {
  const values = [config.values, ...[config.regionValues, config.accountValues, config.channelValues].flatMap(members)];
  return Object.keys(config.files).length > 0 || values.some((tree) => Object.keys(tree).length > 0);
}

const members = <T>(byName: Readonly<Record<string, T>>): readonly T[] => Object.values(byName);

/** What the patterns of buckets, prefixes and keys stand for. */
export interface Placeholders {
  readonly region: Region | string;
  readonly account: string;
  /** Absent where no channel is chosen; a pattern with `{channel}` then stays as it is. */
  readonly channel?: string | undefined;
}

export function fillPattern(pattern: string, values: Placeholders): string {
  const { region, account, channel } = values;
  const filled = pattern.replaceAll('{region}', region).replaceAll('{account}', account);
  return channel === undefined ? filled : filled.replaceAll('{channel}', channel);
}

/** Whether channels that share a target have objects of their own there. */
export const isPerChannel = ({ bucket, prefix }: Pick<RegionConfig, 'bucket' | 'prefix'>): boolean =>
  `${bucket}${prefix}`.includes('{channel}');

/** Keys of S3 and paths on the machine at once. */
const OBJECT_NAME = /^(?!.*(?:\.\.|\/\/|\/\.\/))[A-Za-z0-9][A-Za-z0-9._/-]*(?<![/.])$/;
export const OBJECT_NAME_RULE =
  "letters, digits and . _ - /, starting with a letter or digit, without '..', '//' or '/./', not ending in '.' or '/'";
export const isObjectName = (text: string): boolean => OBJECT_NAME.test(text);

/** What a value is called in files, paths and environment variables. */
const VALUE_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
export const VALUE_NAME_RULE = 'letters, digits, _ and -, starting with a letter';
export const isValueName = (text: string): boolean => VALUE_NAME.test(text);

/** `database.host`. */
export const isValuePath = (text: string): boolean => text.split('.').every(isValueName);
