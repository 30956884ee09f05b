import { createHash } from 'node:crypto';
import { canonicalJson } from '../../model/canonical-json.ts';
import type { CopyRequest, ObservedImage, Source, Wanted } from '../../model/promotion.ts';
import { TAG } from '../../model/tags.ts';

/** A copy that failed stays failed, so the next one needs a name and a token of its own. */
export const copyName = (sourceName: string, attempt: number): string =>
  attempt === 1 ? sourceName : `${sourceName}@${attempt}`;

/** 0: no name of ours. */
export function attemptOf(sourceName: string, name: string): number {
  if (name === sourceName) return 1;
  if (!name.startsWith(`${sourceName}@`)) return 0;
  const [, digits] = /^@([2-9]|[1-9]\d+)$/.exec(name.slice(sourceName.length)) ?? [];
  return digits === undefined ? 0 : Number(digits);
}

const IDENTITY = [TAG.project, TAG.image, TAG.version, TAG.architecture, TAG.fingerprint];

/** What EC2 says it is a copy of decides; where it says nothing, the identity in the tags, then the name. */
export function isCopyOf(image: ObservedImage, { ami }: Source): boolean {
  // A trial's own copy is gone when the trial is over.
  if (image.tags[TAG.run] !== undefined || image.imageId === ami.imageId) return false;
  if (image.copyOf !== undefined) {
    return image.copyOf.imageId === ami.imageId && image.copyOf.region === ami.site.region;
  }
  const same = IDENTITY.filter((key) => image.tags[key] === ami.tags[key]);
  if (same.length === IDENTITY.length) return true;
  const contradicts = IDENTITY.some((key) => image.tags[key] !== undefined && image.tags[key] !== ami.tags[key]);
  return !contradicts && attemptOf(ami.name, image.name) > 0;
}

/** Where a copy can end without ever having been there. */
const DEAD: readonly string[] = ['failed', 'error', 'invalid'];
export const isDead = ({ state }: Pick<ObservedImage, 'state'>): boolean => DEAD.includes(state);

/** What serves first. */
const LIVE = ['available', 'pending', 'transient', 'disabled'];

export interface Copies {
  /** What serves or will serve. */
  readonly current: ObservedImage | undefined;
  /** Failed attempts. */
  readonly dead: readonly ObservedImage[];
  /** Number of the next attempt. */
  readonly next: number;
}

export function copiesAt({ source }: Pick<Wanted, 'source'>, there: readonly ObservedImage[]): Copies {
  const ours = there.filter((image) => isCopyOf(image, source));
  const attempt = ({ name }: ObservedImage): number => attemptOf(source.ami.name, name);
  const [current] = ours
    .filter(({ state }) => LIVE.includes(state))
    .toSorted(
      (a, b) =>
        LIVE.indexOf(a.state) - LIVE.indexOf(b.state) || attempt(a) - attempt(b) || (a.imageId < b.imageId ? -1 : 1),
    );
  // One of another name was made by somebody else, who may want to look at it.
  const dead = ours.filter((image) => isDead(image) && attempt(image) > 0);
  return { current, dead, next: 1 + Math.max(0, ...dead.map(attempt)) };
}

/** AMIs that have a name which a copy needs, and are none. */
export function takenNames({ source }: Pick<Wanted, 'source'>, there: readonly ObservedImage[]) {
  const name = copyName(source.ami.name, copiesAt({ source }, there).next);
  return there.filter((image) => {
    return image.name === name && image.state !== 'deregistered' && !isCopyOf(image, source);
  });
}

/** Of nothing but source, site and attempt: EC2 answers a repeated request with the AMI that the first made. */
export function copyRequest({ source, site, kmsKey, tags }: Wanted, attempt: number): CopyRequest {
  const request = {
    source: source.ami.imageId,
    sourceRegion: source.ami.site.region,
    name: copyName(source.ami.name, attempt),
    attempt,
    tags,
    ...(kmsKey === undefined ? {} : { kmsKey }),
  };
  const text = canonicalJson({ ...request, account: site.account, region: site.region });
  return { ...request, clientToken: createHash('sha256').update(text).digest('hex') };
}
