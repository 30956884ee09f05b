import { mapBounded } from '../../model/bounded.ts';
import { targetId } from '../../model/channel.ts';
import { summarise } from '../../model/errors.ts';
import type { ChannelName, ImageName, ProjectName } from '../../model/ids.ts';
import type { SweepPlan } from '../../model/sweep.ts';
import { belongings } from '../../plan/sweep/ours.ts';
import { planSweep, type Sweeping } from '../../plan/sweep/plan-sweep.ts';
import type { IsLeased, SweepSite } from '../sweep-effects.ts';

export interface SweepRequest {
  readonly project: ProjectName;
  readonly channels: readonly ChannelName[];
  /** Seconds. */
  readonly olderThan: number;
  readonly now: Date;
  readonly isGone: Sweeping['isGone'];
}

/** Sites, and leases, that are read at a time. */
const MOST = 8;

/** Looks at every site, and plans what goes. One that cannot be read in full does not hide the others, and keeps all it has. */
export async function lookForLeftovers(
  sites: readonly SweepSite[],
  isLeased: IsLeased,
  { project, channels, olderThan, now, isGone }: SweepRequest,
): Promise<SweepPlan> {
  const looked = await mapBounded(sites, MOST, async (one) => {
    const id = targetId(one.site);
    try {
      return { id, found: belongings(project, id, await one.look()) };
    } catch (error) {
      return { id, found: [], error: summarise(error) };
    }
  });
  const all = looked.flatMap(({ found }) => found);
  const copied = all.flatMap(({ leftover: { why, image } }) =>
    why === 'failed-copy' && image !== undefined ? [image] : [],
  );
  const leased = await leasedOf([...new Set(copied)], channels, isLeased);
  return {
    version: 1,
    project,
    olderThan,
    sites: looked.map(({ id, error }) => ({ id, ...(error === undefined ? {} : { error }) })),
    ...planSweep(all, { olderThan, now, leased, isGone }),
  };
}

/** Asked for those alone whose failed copies are there: mostly for none. */
async function leasedOf(
  images: readonly ImageName[],
  channels: readonly ChannelName[],
  isLeased: IsLeased,
): Promise<Sweeping['leased']> {
  const asked = images.flatMap((image) => channels.map((channel) => ({ channel, image })));
  const held = await mapBounded(asked, MOST, async ({ channel, image }) => {
    try {
      return (await isLeased(channel, image)) ? [[image, {}] as const] : [];
    } catch (error) {
      return [[image, { error: summarise(error) }] as const];
    }
  });
  return new Map(held.flat());
}
