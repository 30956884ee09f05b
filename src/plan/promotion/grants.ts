import type { AccountId, ChannelName } from '../../model/ids.ts';
import type { GrantStep, ObservedImage } from '../../model/promotion.ts';
import { grantKey, grantsIn, KEPT } from '../../model/status-tags.ts';

/** What has to be done at a source before an account can copy it. */
export interface GrantPlan {
  /** Before permissions: whoever finds the tag knows what to take back. */
  readonly tag?: { readonly key: string; readonly value: string };
  /** What the source is encrypted with, after the tag: nobody sees whether the account may use it already. */
  readonly kmsKeys: readonly string[];
  readonly launch: boolean;
  readonly snapshotIds: readonly string[];
}

/** Undefined: the account may copy it, and nobody is going to take that back. */
export function planGrant(
  source: ObservedImage,
  account: AccountId,
  channel: ChannelName,
  /** Who has the source for good. */
  permanent: ReadonlySet<AccountId> = new Set(),
): GrantPlan | undefined {
  const all = grantsIn(source.tags).filter((grant) => grant.account === account);
  const own = all.find((grant) => grant.channel === channel);
  const launch = !mayLaunch(source, account);
  const lacking = source.snapshots.filter((snapshot) => !mayRead(snapshot, account));
  const kmsKeys = keysOf(source);
  const nothing = !launch && lacking.length === 0;
  if (nothing && kmsKeys.length === 0 && (own !== undefined || all.length === 0)) return undefined;
  // What is there without a tag is somebody's own; what is there with one was granted by another channel.
  const [other] = all;
  const parts = [
    ...(launch ? ['launch'] : []),
    ...(lacking.length > 0 && lacking.length === source.snapshots.length ? ['volume'] : []),
  ];
  const value = permanent.has(account) ? KEPT : (other?.takesBack ?? (parts.length === 0 ? KEPT : parts.join('+')));
  return {
    ...(own === undefined ? { tag: { key: grantKey(account, channel), value } } : {}),
    kmsKeys,
    launch,
    snapshotIds: lacking.map(({ snapshotId }) => snapshotId),
  };
}

export interface RevokePlan {
  /** After permissions. */
  readonly key: string;
  readonly kmsKeys: readonly string[];
  readonly launch: boolean;
  readonly snapshotIds: readonly string[];
}

/** Undefined: the channel has granted nothing. As long as another channel's grant is there, that one needs the permissions. */
export function planRevoke(source: ObservedImage, account: AccountId, channel: ChannelName): RevokePlan | undefined {
  const all = grantsIn(source.tags).filter((grant) => grant.account === account);
  const own = all.find((grant) => grant.channel === channel);
  if (own === undefined) return undefined;
  const takes = (what: string): boolean => all.length === 1 && own.takesBack.split('+').includes(what);
  const readable = source.snapshots.filter((snapshot) => mayRead(snapshot, account));
  return {
    key: own.key,
    kmsKeys: keysOf(source),
    launch: takes('launch') && mayLaunch(source, account),
    snapshotIds: takes('volume') ? readable.map(({ snapshotId }) => snapshotId) : [],
  };
}

export const grantStep = <Do extends 'grant' | 'revoke'>(
  what: Do,
  account: AccountId,
  source: ObservedImage,
): GrantStep<Do> => ({
  do: what,
  account,
  imageId: source.imageId,
  snapshotIds: source.snapshots.map(({ snapshotId }) => snapshotId),
});

/** Grants of the channel to accounts that it brings nothing to any more. */
export function leftoverGrants(
  source: ObservedImage,
  channel: ChannelName,
  copying: ReadonlySet<AccountId>,
): readonly GrantStep<'revoke'>[] {
  return grantsIn(source.tags)
    .filter((grant) => grant.channel === channel && !copying.has(grant.account))
    .map(({ account }) => grantStep('revoke', account, source));
}

const keysOf = ({ snapshots }: ObservedImage): readonly string[] => [
  ...new Set(snapshots.flatMap(({ encrypted, kmsKey }) => (encrypted && kmsKey !== undefined ? [kmsKey] : []))),
];

const mayLaunch = ({ launchPermissions }: ObservedImage, account: AccountId): boolean =>
  launchPermissions !== undefined && (launchPermissions.public || launchPermissions.accounts.includes(account));

export const mayRead = ({ volumePermissions }: ObservedImage['snapshots'][number], account: AccountId): boolean =>
  volumePermissions !== undefined && (volumePermissions.public || volumePermissions.accounts.includes(account));
