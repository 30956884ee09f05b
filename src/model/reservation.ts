import { type Fingerprint, type ProjectName, parseFingerprint } from './ids.ts';
import type { Tags } from './image.ts';
import { type AmiNameParts, parseKeyPairName } from './names.ts';
import { parseOwner, type RunOwner } from './run-owner.ts';
import { TAG } from './tags.ts';

/** A version that a run has reserved, as the name and the tags of the key pair tell it. */
export interface Reservation extends AmiNameParts {
  /** The key pair's. */
  readonly id: string;
  readonly name: string;
  /** By EC2's clock, ISO 8601, UTC. */
  readonly createdAt: string;
  readonly run: string;
  /** Absent: others may not use what is baked. */
  readonly wants?: Fingerprint;
  readonly owner?: RunOwner;
  /** Until when its run says that it lives, by that machine's clock. */
  readonly alive?: string;
}

export interface TaggedKeyPair {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly tags: Tags;
}

/** Undefined for key pairs that reserve nothing of the project's. */
export function reservationOf(
  project: ProjectName,
  { id, name, createdAt, tags }: TaggedKeyPair,
): Reservation | undefined {
  const parts = parseKeyPairName(project, name);
  const run = tags[TAG.run];
  if (parts === undefined || run === undefined) return undefined;
  const wants = parseFingerprint(tags[TAG.wants] ?? '');
  const owner = parseOwner(tags[TAG.owner] ?? '');
  const alive = tags[TAG.alive];
  return {
    id,
    name,
    createdAt,
    ...parts,
    run,
    ...(wants === undefined ? {} : { wants }),
    ...(owner === undefined ? {} : { owner }),
    ...(alive === undefined ? {} : { alive }),
  };
}

/** Of two that want the same image, the earlier one bakes it. EC2's times may be equal, and then numbers decide: they count up. */
export function isEarlier(a: Reservation, b: Reservation): boolean {
  const order = Date.parse(a.createdAt) - Date.parse(b.createdAt);
  return order === 0 ? BY_NUMBER.compare(a.name, b.name) < 0 : order < 0;
}

const BY_NUMBER = new Intl.Collator('en', { numeric: true });
