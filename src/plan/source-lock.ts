import type { Architecture } from '../model/ids.ts';
import type { ResolvedSourceAmi } from '../model/known-image.ts';
import type { SourceLock } from '../model/source-lock.ts';

/** What a pin is for. */
export interface PinKey {
  /** As `sourceText` writes it. */
  readonly source: string;
  readonly region: string;
  readonly architecture: Architecture;
}

export interface Pin extends PinKey {
  readonly ami: ResolvedSourceAmi;
}

export function pinnedAmi(lock: SourceLock, key: PinKey): ResolvedSourceAmi | undefined {
  return lock.sourceAmis[key.source]?.[key.region]?.[key.architecture];
}

/** The lock with these pins added, or in place of those for the same. */
export function updateLock(lock: SourceLock, pins: readonly Pin[]): SourceLock {
  return pins.reduce<SourceLock>(({ sourceAmis }, { source, region, architecture, ami }) => {
    const ofSource = sourceAmis[source] ?? {};
    const ofRegion = { ...ofSource[region], [architecture]: ami };
    return { version: 1, sourceAmis: { ...sourceAmis, [source]: { ...ofSource, [region]: ofRegion } } };
  }, lock);
}

/** A pin that two locks do not share; `from` or `to` is absent where one has none. */
export interface PinChange extends PinKey {
  readonly from?: ResolvedSourceAmi;
  readonly to?: ResolvedSourceAmi;
}

/** Sorted by source, region and architecture. */
export function diffLocks(before: SourceLock, after: SourceLock): readonly PinChange[] {
  const keys = new Map([...pinsOf(before), ...pinsOf(after)].map((key) => [textOf(key), key]));
  return [...keys.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, key]) => {
      const from = pinnedAmi(before, key);
      const to = pinnedAmi(after, key);
      if (from?.imageId === to?.imageId) return [];
      return [{ ...key, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
    });
}

function pinsOf({ sourceAmis }: SourceLock): readonly PinKey[] {
  return Object.entries(sourceAmis).flatMap(([source, regions]) =>
    Object.entries(regions).flatMap(([region, architectures]) =>
      (Object.keys(architectures) as Architecture[]).map((architecture) => ({ source, region, architecture })),
    ),
  );
}

function textOf({ source, region, architecture }: PinKey): string {
  return `${source} ${region} ${architecture}`;
}
