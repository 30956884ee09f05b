import type { Architecture } from './ids.ts';
import type { ResolvedSourceAmi } from './known-image.ts';

/** The source AMIs that are pinned: text of the source (`debian:12`) → region → architecture. */
export interface SourceLock {
  readonly version: 1;
  readonly sourceAmis: Readonly<Record<string, PinsOfSource>>;
}

export type PinsOfSource = Readonly<Record<string, Readonly<Partial<Record<Architecture, ResolvedSourceAmi>>>>>;

export const EMPTY_LOCK: SourceLock = { version: 1, sourceAmis: {} };
