import type { AmiId, Architecture } from '../model/ids.ts';
import type { SourceAmi } from '../model/image.ts';
import type { ResolvedSourceAmi } from '../model/known-image.ts';
import { SOURCE_ALIASES } from '../model/source-aliases.ts';
import type { SourceAmiCandidate, SourceAmiLookup, SourceOwner } from '../model/source-ami.ts';

/** What to ask AWS for. */
export function lookupOf(source: SourceAmi, architecture: Architecture): SourceAmiLookup {
  switch (source.by) {
    case 'alias': {
      const { lookup, owner } = aliasOf(source.alias);
      return lookup.by === 'parameter'
        ? { by: 'parameter', parameter: lookup[architecture], owner }
        : { by: 'name', name: lookup[architecture], owner, architecture };
    }
    case 'parameter':
      return source;
    case 'filter':
      return { by: 'name', name: source.name, owner: source.owner, architecture };
    case 'id':
      return source;
  }
}

/** What a source AMI has to be. */
export interface WantedSourceAmi {
  readonly architecture: Architecture;
  readonly owner: SourceOwner;
  /** Part of a name that tells another edition. */
  readonly skip: string | undefined;
  /** Deprecated means: before this. */
  readonly now: Date;
}

export function wantedOf(source: SourceAmi, architecture: Architecture, now: Date): WantedSourceAmi {
  const { owner, skip } = source.by === 'alias' ? aliasOf(source.alias) : { owner: source.owner, skip: undefined };
  return { architecture, owner, skip, now };
}

export type SourceAmiChoice =
  | { readonly kind: 'chosen'; readonly ami: ResolvedSourceAmi }
  | { readonly kind: 'not-found' }
  | RefusedSourceAmi;

/** There are candidates, and none will do; this is the newest. */
export interface RefusedSourceAmi {
  readonly kind: 'refused';
  readonly imageId: AmiId;
  readonly name: string;
  /** `its architecture is arm64, not x86_64`. */
  readonly because: string;
}

/** The newest candidate that is as wanted. */
export function chooseSourceAmi(candidates: readonly SourceAmiCandidate[], wanted: WantedSourceAmi): SourceAmiChoice {
  const { skip } = wanted;
  const [newest, ...older] = candidates
    .filter(({ name }) => skip === undefined || !name.includes(skip))
    .toSorted((a, b) => compare(b.creationDate, a.creationDate) || compare(b.imageId, a.imageId));
  if (newest === undefined) return { kind: 'not-found' };
  const because = flawOf(newest, wanted);
  if (because === undefined) return chosen(newest);
  const next = older.find((candidate) => flawOf(candidate, wanted) === undefined);
  return next === undefined ? { kind: 'refused', imageId: newest.imageId, name: newest.name, because } : chosen(next);
}

function chosen({ imageId, name, owner, creationDate, rootDeviceName }: SourceAmiCandidate): SourceAmiChoice {
  return { kind: 'chosen', ami: { imageId, name, owner, creationDate, rootDeviceName } };
}

function flawOf(candidate: SourceAmiCandidate, wanted: WantedSourceAmi): string | undefined {
  if (!isOwnedBy(candidate, wanted.owner)) return `it is owned by ${candidate.owner}, not by ${wanted.owner}`;
  if (candidate.architecture !== wanted.architecture) {
    return `its architecture is ${candidate.architecture}, not ${wanted.architecture}`;
  }
  if (candidate.state !== 'available') return `it is ${candidate.state}, not available`;
  if (candidate.rootDeviceType !== 'ebs') return `its root device is ${candidate.rootDeviceType}, not ebs`;
  if (candidate.virtualizationType !== 'hvm') return `its virtualization is ${candidate.virtualizationType}, not hvm`;
  const { deprecationTime } = candidate;
  if (deprecationTime !== undefined && Date.parse(deprecationTime) <= wanted.now.getTime()) {
    return `its owner deprecated it on ${deprecationTime.slice(0, 10)}`;
  }
  return undefined;
}

/** `self` is for EC2 to tell: the lookup asks it for nothing else. */
function isOwnedBy({ owner, ownerAlias }: SourceAmiCandidate, wanted: SourceOwner): boolean {
  return wanted === 'self' || wanted === owner || wanted === ownerAlias;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function aliasOf(alias: string) {
  const known = SOURCE_ALIASES.get(alias);
  if (known === undefined) throw new Error(`${alias} is not a source alias`);
  return known;
}
