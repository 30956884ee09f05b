import type { ChannelName, ImageName } from '../model/ids.ts';
import type { Site } from '../model/promotion.ts';
import type { LeftoverKind, SeenImage, Thing } from '../model/sweep.ts';

/** One account in one region, as its own credentials see it. Failures are BakeErrors. */
export interface SweepSite {
  readonly site: Site;
  /** Everything that may be of the project. All of it, or it throws. */
  look(): Promise<readonly Thing[]>;
  /** Resolves when it has ended. Throws `builder-not-terminated`. */
  endInstance(id: string, signal: AbortSignal): Promise<void>;
  /** With its snapshots, if it is still what was listed; resolves to the snapshots that went. */
  removeImage(
    id: string,
    isStillLeft: (image: SeenImage) => boolean,
  ): Promise<{ readonly status: 'removed' | 'gone' | 'changed'; readonly snapshots: readonly string[] }>;
  /** False where it was gone already. */
  remove(kind: Exclude<LeftoverKind, 'instance' | 'image'>, id: string): Promise<boolean>;
}

/** Whether somebody is changing an image in a channel now. */
export type IsLeased = (channel: ChannelName, image: ImageName) => Promise<boolean>;
