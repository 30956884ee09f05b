import type { WrittenChannel } from './channel-schema.ts';
import type { Path } from './problems.ts';
import type { WrittenConfig } from './schema.ts';

type WrittenEntry = WrittenChannel['targets'][number];

/** One region of one entry of a channel's targets. */
export interface WrittenTarget {
  readonly channel: string;
  readonly path: Path;
  readonly entry: WrittenEntry;
  readonly entryPath: Path;
  readonly account: string | undefined;
  readonly role: string | undefined;
  readonly region: string;
  readonly mode: 'copy' | 'share';
  /** Whether another account surely is meant: an account without role and mode may be that of the credentials. */
  readonly isForeign: boolean;
  readonly kmsKey: string | undefined;
  /** Where `kmsKey` is written. */
  readonly keyPath: Path;
}

export function writtenTargets({ channels = {} }: Pick<WrittenConfig, 'channels'>): readonly WrittenTarget[] {
  return Object.entries(channels).flatMap(([channel, { targets }]) =>
    targets.flatMap((entry, position) => targetsOfEntry(channel, entry, ['channels', channel, 'targets', position])),
  );
}

function targetsOfEntry(channel: string, entry: WrittenEntry, entryPath: Path): readonly WrittenTarget[] {
  const { account, role, regions, mode, kmsKey, kmsKeys = {} } = entry;
  return regions.map((region, position) => {
    const hasOwnKey = Object.hasOwn(kmsKeys, region);
    return {
      channel,
      entry,
      entryPath,
      path: [...entryPath, 'regions', position],
      account,
      role,
      region,
      mode: mode ?? 'copy',
      isForeign: account !== undefined && (mode !== undefined || role !== undefined),
      kmsKey: hasOwnKey ? kmsKeys[region] : kmsKey,
      keyPath: hasOwnKey ? [...entryPath, 'kmsKeys', region] : [...entryPath, 'kmsKey'],
    };
  });
}

export const targetKey = ({ account, region }: Pick<WrittenTarget, 'account' | 'region'>): string =>
  `${account ?? 'own'}/${region}`;

/** Who owns the AMI that serves the target, and where. */
export const copySite = ({ account, region, mode }: WrittenTarget): string =>
  targetKey({ account: mode === 'share' ? undefined : account, region });
