import { groupBy } from '../../model/group.ts';
import type { ChannelName, ImageName } from '../../model/ids.ts';
import type { Image } from '../../model/image.ts';
import { parseAmiName } from '../../model/names.ts';
import type { ChannelState } from '../../model/promotion.ts';
import { type BakedVersion, imagesOf, type KeptBecause, type Reference } from '../../model/prune.ts';
import { heldBy, versionBefore } from '../promotion/channel-moves.ts';

/** What a channel holds of an image, or held last. */
export interface Holding {
  readonly channel: ChannelName;
  readonly image: ImageName;
  readonly version: string;
  readonly holds: 'now' | 'before';
  /** Of the bake. */
  readonly amis: readonly string[];
}

/** A key pair by which a bake has reserved a version, or that a trial has made. */
export interface Reservation {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Until when its run is alive by its own word, ISO 8601, UTC; absent: it does not say. */
  readonly aliveUntil?: string;
}

/** Everything outside of an image that may need it. */
export interface Referrers {
  readonly references: readonly Reference[];
  readonly holdings: readonly Holding[];
  /** Of runs that may be alive. */
  readonly reservations: readonly Reservation[];
  /** AMIs that something else in the account was baked on, with its name. */
  readonly sources: ReadonlyMap<string, string>;
  readonly pinned: ReadonlySet<string>;
  /** Images that somebody else promotes, with who. */
  readonly promoting: ReadonlyMap<ImageName, string>;
}

/** What the channel holds, what it goes back to, and the version before where these are not the same. */
export function holdingsOf(
  state: ChannelState | undefined,
  isUsable: (version: string) => boolean,
): readonly Holding[] {
  const held = heldBy(state);
  if (state === undefined || held === undefined) return [];
  const { channel, image, moves } = state;
  const another = moves.find(({ finished, imageVersion }) => finished && imageVersion !== held.imageVersion);
  const before = new Set([versionBefore(state, isUsable), versionBefore(state, () => true), another?.imageVersion]);
  before.delete(undefined);
  const holding = (version: string, holds: Holding['holds']): Holding => {
    const amis = Object.values(moves.find(({ imageVersion }) => imageVersion === version)?.amis ?? {});
    return { channel, image, version, holds, amis };
  };
  return [holding(held.imageVersion, 'now'), ...[...before].map((version) => holding(version ?? '', 'before'))];
}

/** Without a word of its own, a run counts as alive for so long, in milliseconds: longer than any bake may take. */
const RUN = 26 * 60 * 60 * 1000;

export const mayBeAlive = ({ createdAt, aliveUntil }: Reservation, now: Date): boolean =>
  aliveUntil === undefined ? !(Date.parse(createdAt) + RUN < now.getTime()) : !(Date.parse(aliveUntil) < now.getTime());

/** Why a version stays for the sake of others. */
export function referrerReasons(
  project: string,
  images: ReadonlyMap<ImageName, Image>,
  referrers: Referrers,
): (version: BakedVersion) => readonly KeptBecause[] {
  const baked = new Map(referrers.reservations.map(({ name }) => [name, neededBy(project, name, images)]));
  const references = new Map(
    groupBy(referrers.references, ({ imageId }) => imageId).map((all) => [all[0].imageId, all]),
  );
  return (version) => {
    const ids = new Set<string>(imagesOf(version).map(({ imageId }) => imageId));
    const promoting = referrers.promoting.get(version.image);
    const source = [...ids].flatMap((id) => referrers.sources.get(id) ?? [])[0];
    return [
      ...referrers.holdings
        .filter((one) => one.image === version.image && one.version === version.version)
        .map(({ channel, holds }) => ({ why: 'channel', channel, holds }) as const),
      ...[...ids].flatMap((id) =>
        (references.get(id) ?? []).map(({ kind, name, where }) => ({ why: 'reference', kind, name, where }) as const),
      ),
      ...[...baked]
        .filter(([, parent]) => parent === 'any' || parent === version.image)
        .map(([reservation]) => ({ why: 'baking', reservation }) as const),
      ...(source === undefined ? [] : [{ why: 'source', of: source } as const]),
      ...([...ids].some((id) => referrers.pinned.has(id)) ? [{ why: 'pinned' } as const] : []),
      ...(promoting === undefined ? [] : [{ why: 'promoting', detail: promoting } as const]),
    ];
  };
}

/** The image that a bake stands on, or that a trial has launched; `any`: another checkout knows. */
function neededBy(project: string, reservation: string, images: ReadonlyMap<ImageName, Image>): string {
  const name = reservation.replace(/^bake\//, '');
  const [, tried, , run] = name.split('/');
  if (tried !== undefined && run !== undefined) return tried;
  const image = images.get(parseAmiName(project, name)?.image ?? ('' as ImageName));
  if (image === undefined) return 'any';
  return image.origin.kind === 'service' ? image.origin.parent : '';
}
