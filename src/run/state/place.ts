import { createHash } from 'node:crypto';
import type { Digest, ProjectName } from '../../model/ids.ts';
import type { BucketOf } from '../buckets.ts';
import type { NewObject, RegionBucket } from '../region-effects.ts';

/** The state bucket of a project. */
export interface StatePlace {
  readonly project: ProjectName;
  readonly of: BucketOf;
  /** With a slash at its end; empty: none. */
  readonly prefix: string;
  readonly bucket: RegionBucket;
}

/** `{"version":1,…}` as an object of the bucket. */
export function jsonObject(key: string, document: object): NewObject {
  return textObject(key, `${JSON.stringify(document, null, 1)}\n`);
}

export function textObject(key: string, text: string): NewObject {
  const content = Buffer.from(text);
  return { key, content, sha256: createHash('sha256').update(content).digest('hex') as Digest };
}
