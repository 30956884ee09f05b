import { createHash } from 'node:crypto';
import { canonicalJson } from '../model/canonical-json.ts';
import type { Digest } from '../model/ids.ts';
import type { Json } from '../model/image.ts';
import type { ObjectChange } from '../model/publishing.ts';
import type { Manifest, ManifestObject } from '../model/region-manifest.ts';

/** What is known of an object before it is uploaded. */
export interface WantedObject {
  readonly name: string;
  readonly key: string;
  readonly sha256: Digest;
  readonly size: number;
}

export interface PushPlan {
  readonly changes: readonly ObjectChange[];
  /** To be uploaded. */
  readonly uploads: readonly WantedObject[];
  /** Stay as the manifest has them. */
  readonly kept: readonly ManifestObject[];
}

/** What a push has to do. `unsound`: names of objects that the manifest pins and that cannot be left as they are. */
export function planPush(
  wanted: readonly WantedObject[],
  current: Manifest | undefined,
  unsound: ReadonlySet<string> = new Set(),
): PushPlan {
  const pinned = new Map(current?.objects.map((object) => [object.name, object]));
  const changes: ObjectChange[] = [];
  const uploads: WantedObject[] = [];
  const kept: ManifestObject[] = [];
  for (const object of wanted) {
    const before = pinned.get(object.name);
    const change = changeOf(object, before, unsound);
    if (change === undefined && before !== undefined) kept.push(before);
    else {
      uploads.push(object);
      if (change !== undefined) changes.push(change);
    }
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const { name, size } of pinned.values()) {
    if (!names.has(name)) changes.push({ name, change: 'removed', from: size });
  }
  return { changes, uploads, kept };
}

function changeOf(
  { name, key, sha256, size }: WantedObject,
  before: ManifestObject | undefined,
  unsound: ReadonlySet<string>,
): ObjectChange | undefined {
  if (before === undefined) return { name, change: 'added', to: size };
  if (before.sha256 !== sha256) return { name, change: 'changed', from: before.size, to: size };
  if (before.key !== key || before.size !== size || unsound.has(name)) return { name, change: 'repaired', to: size };
  return undefined;
}

/** Equal for equal content, whatever its versions in S3. */
export function contentDigest(objects: readonly Pick<ManifestObject, 'name' | 'sha256'>[]): Digest {
  const list: Json = sorted(objects).map(({ name, sha256 }) => [name, sha256]);
  return createHash('sha256').update(canonicalJson(list)).digest('hex') as Digest;
}

export interface NextManifest {
  readonly image: string;
  /** The newest that was ever there. */
  readonly after: number;
  readonly now: Date;
  readonly objects: readonly ManifestObject[];
  readonly rollbackOf?: number;
}

export function nextManifest({ image, after, now, objects, rollbackOf }: NextManifest): Manifest {
  return {
    version: 1,
    image,
    serial: after + 1,
    created: now.toISOString(),
    content: contentDigest(objects),
    ...(rollbackOf === undefined ? {} : { rollbackOf }),
    objects: sorted(objects),
  };
}

/** Whether a rollback brings this one back: the serial asked for, or any with other content than now. */
export function comesBack(older: Manifest, current: Manifest | undefined, to?: number): boolean {
  if (older.serial === current?.serial) return false;
  return to === undefined ? older.content !== current?.content : older.serial === to;
}

function sorted<T extends { readonly name: string }>(objects: readonly T[]): readonly T[] {
  return objects.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
