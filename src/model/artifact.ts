import type { Digest } from './ids.ts';

/** A file that is made elsewhere, laid on the machine before the layers of its image, of no other. */
export interface Artifact {
  readonly name: string;
  readonly from: ArtifactSource;
  /** Of its content: as it is written, or as it was when it was read for the plan. */
  readonly sha256?: Digest;
  /** Absolute path on the machine. */
  readonly destination: string;
  readonly owner: string;
  readonly group: string;
  /** Four octal digits. */
  readonly mode: string;
}

export type ArtifactSource =
  /** An absolute path. */
  | { readonly file: string }
  | { readonly s3: S3Object }
  /** https. */
  | { readonly url: string };

export type ArtifactFault = 'folder' | 'owner' | 'content';

/** What the builder's runner says of an artefact that it cannot lay; numbers start at 1. */
export function artifactFault(text: string): { readonly number: number; readonly why: ArtifactFault } | undefined {
  const found = /^::bake:: artifact (\d+) (folder|owner|content)$/m.exec(text);
  return found === null ? undefined : { number: Number(found[1]), why: found[2] as ArtifactFault };
}

export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  /** Absent: the newest. */
  readonly versionId?: string;
}

/** `s3://bucket/key?versionId=…`; a key may have any character. */
export function parseS3Address(text: string): S3Object | undefined {
  const found = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+?)(?:\?versionId=([\w.~-]+))?$/s.exec(text);
  if (found === null) return undefined;
  const [, bucket = '', key = '', versionId] = found;
  return { bucket, key, ...(versionId === undefined ? {} : { versionId }) };
}

/** For people: where it comes from. What stands after the path of an address may be a signature. */
export function artifactSourceText(from: ArtifactSource): string {
  if ('file' in from) return from.file;
  if ('url' in from) return from.url.replace(/[?#].*$/s, '');
  const { bucket, key, versionId } = from.s3;
  return `s3://${bucket}/${key}${versionId === undefined ? '' : `?versionId=${versionId}`}`;
}
