import type { Digest } from '../model/ids.ts';
import type { Tags } from '../model/image.ts';

/** Where a bucket is, as far as it can be told. */
export type BucketPlace =
  | { readonly at: 'there'; readonly versioned: boolean }
  | { readonly at: 'nowhere' }
  /** In another region; which one, if S3 says so. */
  | { readonly at: 'elsewhere'; readonly region?: string }
  /** Of another account, or these credentials may not read it: S3 answers both alike. */
  | { readonly at: 'refused'; readonly reason: string };

export interface UsedEncryption {
  /** `AES256`, `aws:kms`. */
  readonly algorithm: string;
  readonly key?: string;
}

export interface BucketProperties {
  readonly versioned: boolean;
  /** Undefined: none by default. */
  readonly encryption?: UsedEncryption;
  /** All four ways to make something public are blocked. */
  readonly blocksPublic: boolean;
  readonly policyIsPublic: boolean;
  /** Access lists have no say. */
  readonly ownerEnforced: boolean;
}

/** What `--create-buckets` gives a bucket beside its name. */
export const BUCKET_FEATURES = ['versioning', 'encryption', 'public access block', 'owner', 'tags'] as const;
/** `lifecycle`: of a state bucket alone, what is old is removed. */
export type BucketFeature = (typeof BUCKET_FEATURES)[number] | 'lifecycle';

export interface StoredObject {
  readonly content: Buffer;
  readonly versionId: string;
  readonly etag: string;
  readonly encryption: UsedEncryption | undefined;
}

export interface NewObject {
  readonly key: string;
  readonly content: Buffer;
  readonly sha256: Digest;
}

/** Milliseconds since 1970. An answer tells its time to the second, and it takes a while to come. */
export interface ServerTime {
  readonly earliest: number;
  readonly latest: number;
}

/**
 * One bucket of one target. Every call names the account that the bucket has to belong to, and may be repeated.
 * Failures are BakeErrors.
 */
export interface RegionBucket {
  find(): Promise<BucketPlace>;
  properties(): Promise<BucketProperties>;
  /** Not one of the properties, since checking a target needs no permission for it. */
  tags(): Promise<Tags>;
  /** Removes what is old as it was asked for. */
  hasLifecycle(): Promise<boolean>;
  /** Resolves when it is there; one of another account is `bucket-taken`. */
  create(): Promise<void>;
  give(feature: BucketFeature): Promise<void>;
  /** Undefined: there is no such key or version. */
  read(key: string, versionId?: string): Promise<StoredObject | undefined>;
  /** As `read`, without the content. */
  look(key: string, versionId: string): Promise<Pick<StoredObject, 'encryption'> | undefined>;
  /** Resolves to the version's id; undefined: the bucket keeps no versions. */
  write(object: NewObject): Promise<string | undefined>;
  /** Only over what has this ETag, or where there is nothing. Resolves to the new ETag; undefined: it is no longer so. */
  writeOver(etag: string | undefined, object: NewObject): Promise<string | undefined>;
  /** Ids of an object's versions, newest first. */
  versions(key: string): Promise<readonly string[]>;
  /** Keys that begin so. */
  list(prefix: string): Promise<readonly string[]>;
  /** By the clock of S3, as its last answer told it; before the first, by this machine's. */
  time(): ServerTime;
}
