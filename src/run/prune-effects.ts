import type { Sharing } from '../model/channel.ts';
import type { AmiId, ChannelName, ImageName } from '../model/ids.ts';
import type { ChannelState, ObservedImage, Site } from '../model/promotion.ts';
import type { Reference, RetireStep } from '../model/prune.ts';
import type { Reservation } from '../plan/prune/referrers.ts';

/** One account in one region. Every read is whole or throws; every step may be repeated. Failures are BakeErrors. */
export interface PruneSite {
  readonly site: Site;
  /** Own AMIs of the project's names in any state, with their snapshots. */
  list(project: string): Promise<readonly ObservedImage[]>;
  /** Key pairs of bakes and trials. */
  reservations(project: string): Promise<readonly Reservation[]>;
  /** Those of these AMIs that own AMIs of any project were baked from, with the name of one. */
  bakedFrom(imageIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Instances that have not ended, all versions of launch templates, parameters. `own`: the AMIs are this account's. */
  references(imageIds: readonly string[], own: boolean): Promise<readonly Reference[]>;
  /** What these parameters say; those that are not there are left out. */
  parameters(names: readonly string[]): Promise<readonly Reference[]>;
  launchPermissions(imageId: AmiId): Promise<Sharing>;
  take(step: RetireStep): Promise<void>;
}

export interface PruneEffects {
  at(site: Site): PruneSite;
  /** What a channel holds of an image. */
  channelState(channel: ChannelName, image: ImageName): Promise<ChannelState | undefined>;
}
