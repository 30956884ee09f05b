import { NOT_SHARED, type Sharing } from '../../model/channel.ts';
import { groupBy } from '../../model/group.ts';
import type { AmiId } from '../../model/ids.ts';
import type { ObservedImage, SiteStep } from '../../model/promotion.ts';
import { mayRead } from './grants.ts';

/** Snapshots first: whoever sees the image can use all of it. `ready` is undefined while the copy is not there. */
export function planSharing(
  sharing: Sharing,
  ready: ObservedImage | undefined,
  imageId: AmiId | null,
): readonly SiteStep[] {
  const add = missing(sharing, ready?.launchPermissions ?? NOT_SHARED);
  return [
    ...(ready === undefined ? unknownSnapshots(sharing) : shareSnapshots(sharing, ready)),
    ...(isNothing(add) ? [] : [{ do: 'share-image', imageId, add } as const]),
  ];
}

const unknownSnapshots = ({ accounts }: Sharing): readonly SiteStep[] =>
  accounts.length === 0 ? [] : [{ do: 'share-snapshots', snapshotIds: [], accounts }];

/** Volumes can be permitted to accounts alone, not to organizations; one step for snapshots that lack the same. */
function shareSnapshots({ accounts }: Sharing, { snapshots }: ObservedImage): readonly SiteStep[] {
  const lacking = snapshots
    .map((snapshot) => ({
      id: snapshot.snapshotId,
      lacks: accounts.filter((account) => !mayRead(snapshot, account)),
    }))
    .filter(({ lacks }) => lacks.length > 0);
  return groupBy(lacking, ({ lacks }) => lacks.join()).map((alike) => ({
    do: 'share-snapshots',
    snapshotIds: alike.map(({ id }) => id),
    accounts: alike[0].lacks,
  }));
}

function missing(wanted: Sharing, has: Sharing): Sharing {
  const not = <T>(all: readonly T[], some: readonly T[]): readonly T[] => all.filter((one) => !some.includes(one));
  return {
    accounts: not(wanted.accounts, has.accounts),
    organizations: not(wanted.organizations, has.organizations),
    organizationalUnits: not(wanted.organizationalUnits, has.organizationalUnits),
    public: wanted.public && !has.public,
  };
}

const isNothing = ({ accounts, organizations, organizationalUnits, public: all }: Sharing): boolean =>
  !all && accounts.length + organizations.length + organizationalUnits.length === 0;
