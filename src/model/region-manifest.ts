import { type Digest, parseDigest } from './ids.ts';

/** One object that the manifest pins. */
export interface ManifestObject {
  /** `values.json`, `files/limits.conf`. */
  readonly name: string;
  readonly key: string;
  readonly versionId: string;
  readonly sha256: Digest;
  readonly size: number;
}

/** `<prefix>/manifest.json`, the one pointer: what an instance loads. Its older versions in S3 are the history. */
export interface Manifest {
  readonly version: 1;
  readonly image: string;
  /** Counts up with every push and rollback of one target. */
  readonly serial: number;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** sha256 of the canonical JSON of the sorted list of [name, sha256]. */
  readonly content: Digest;
  /** The serial whose content this one brings back. */
  readonly rollbackOf?: number;
  /** Sorted by name. */
  readonly objects: readonly ManifestObject[];
}

export const MANIFEST_NAME = 'manifest.json';
export const VALUES_NAME = 'values.json';
export const fileObjectName = (file: string): string => `files/${file}`;
export const objectKey = (prefix: string, name: string): string => `${prefix}/${name}`;

/** As it is stored: readable, since an operator will look at it in the middle of an incident. */
export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, undefined, 2)}\n`;

/** Undefined for what is no manifest, or one of a newer version. */
export function parseManifest(text: string): Manifest | undefined {
  const written = parseJson(text);
  if (!isRecord(written) || written.version !== 1 || !Array.isArray(written.objects)) return undefined;
  const { image, serial, created, rollbackOf } = written;
  const content = digestIn(written.content);
  const objects = written.objects.map(parseObject);
  if (typeof image !== 'string' || !isCount(serial) || typeof created !== 'string' || content === undefined)
    return undefined;
  if (rollbackOf !== undefined && !isCount(rollbackOf)) return undefined;
  if (!objects.every((object) => object !== undefined)) return undefined;
  return { version: 1, image, serial, created, content, ...(rollbackOf === undefined ? {} : { rollbackOf }), objects };
}

function parseObject(written: unknown): ManifestObject | undefined {
  if (!isRecord(written)) return undefined;
  const { name, key, versionId, size } = written;
  const sha256 = digestIn(written.sha256);
  if (typeof name !== 'string' || typeof key !== 'string' || typeof versionId !== 'string') return undefined;
  if (sha256 === undefined || !isCount(size)) return undefined;
  return { name, key, versionId, sha256, size };
}

function digestIn(value: unknown): Digest | undefined {
  return typeof value === 'string' ? parseDigest(value) : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
