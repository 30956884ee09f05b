import { type NodeId, nodeId, type Region } from '../model/ids.ts';
import type { Image, SourceAmi } from '../model/image.ts';
import type { ResolvedSourceAmi } from '../model/known-image.ts';
import { sourceText } from '../model/source-aliases.ts';
import type { SourceAmis } from '../model/source-ami.ts';
import { EMPTY_LOCK, type SourceLock } from '../model/source-lock.ts';
import { chooseSourceAmi, lookupOf, wantedOf } from '../plan/source-ami.ts';
import { type Pin, type PinKey, pinnedAmi, updateLock } from '../plan/source-lock.ts';
import { sourceAmiNotFound, sourceAmiNotLocked, sourceAmiRefused } from './source-ami-errors.ts';

export interface SourceAmiRequest {
  /** Service images among them need nothing and are passed over. */
  readonly images: Iterable<Image>;
  readonly region: Region;
  readonly lock: SourceLock;
  /** `locked`: what is pinned stays. `frozen`: and what is not pinned is an error. `update`: everything is looked up. */
  readonly mode: 'locked' | 'frozen' | 'update';
  readonly now: Date;
}

export interface ResolvedSourceAmis {
  /** For every base image in each of its architectures. */
  readonly sourceAmis: ReadonlyMap<NodeId, ResolvedSourceAmi>;
  /** With what was looked up pinned; to be written back. */
  readonly lock: SourceLock;
}

/**
 * The AMIs that base images start from, each looked up at most once.
 * Throws `source-ami-not-locked`, `source-ami-not-found`, `source-ami-refused`, and what the lookup throws.
 */
export async function resolveSourceAmis(request: SourceAmiRequest, amis: SourceAmis): Promise<ResolvedSourceAmis> {
  const sourceAmis = new Map<NodeId, ResolvedSourceAmi>();
  const pins: Pin[] = [];
  let known = request.mode === 'update' ? EMPTY_LOCK : request.lock;
  for (const { image, source, key } of startsOf(request)) {
    let ami = pinnedAmi(known, key);
    if (ami === undefined) {
      ami = await lookUp(source, key, request, amis);
      known = updateLock(known, [{ ...key, ami }]);
      pins.push({ ...key, ami });
    }
    sourceAmis.set(nodeId(image, key.architecture), ami);
  }
  return { sourceAmis, lock: updateLock(request.lock, pins) };
}

/** What has to be known: one entry per base image and architecture. */
function startsOf({ images, region }: SourceAmiRequest) {
  return [...images].flatMap(({ name: image, origin, architectures }) => {
    if (origin.kind !== 'base') return [];
    const { source } = origin;
    return architectures.map((architecture) => {
      const key: PinKey = { source: sourceText(source), region, architecture };
      return { image, source, key };
    });
  });
}

async function lookUp(
  source: SourceAmi,
  key: PinKey,
  { mode, now }: SourceAmiRequest,
  amis: SourceAmis,
): Promise<ResolvedSourceAmi> {
  if (mode === 'frozen') throw sourceAmiNotLocked(key);
  const lookup = lookupOf(source, key.architecture);
  const choice = chooseSourceAmi(await amis.find(lookup), wantedOf(source, key.architecture, now));
  switch (choice.kind) {
    case 'chosen':
      return choice.ami;
    case 'not-found':
      throw sourceAmiNotFound(key, lookup);
    case 'refused':
      throw sourceAmiRefused(key, choice);
  }
}
