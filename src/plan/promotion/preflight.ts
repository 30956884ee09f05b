import { type Channel, type TargetId, targetId } from '../../model/channel.ts';
import { groupBy } from '../../model/group.ts';
import type { ImageName, NodeId, Version } from '../../model/ids.ts';
import { type Source, type Wanted, type WantedId, wantedId } from '../../model/promotion.ts';
import type { Tried } from '../../model/tried.ts';
import type { SiteLook } from './plan-site.ts';
import { problemsOfSite } from './preflight-site.ts';
import { problemsOfSource } from './preflight-source.ts';

/** Why nothing is begun. */
export interface PreflightProblem {
  readonly code: string;
  readonly message: string;
  /** The way out. */
  readonly hint: string;
  readonly node?: NodeId;
  readonly site?: TargetId;
}

export interface PreflightFacts {
  readonly channel: Channel;
  readonly wanted: readonly Wanted[];
  readonly looks: ReadonlyMap<WantedId, SiteLook>;
  /** Who manages a KMS key, by ARN: the account's own, or AWS, whose key nobody else can use. */
  readonly keyManagers: ReadonlyMap<string, 'customer' | 'aws'>;
  /** Sites where a copy for which no key is named would be encrypted, and by whose key. Absent: it is not known, or does not count. */
  readonly defaultKeys: ReadonlyMap<TargetId, { readonly always: boolean; readonly manager: 'customer' | 'aws' }>;
  /** What other channels hold, by channel and image. */
  readonly holds: ReadonlyMap<string, ReadonlyMap<ImageName, Version>>;
  /** Marked bad: the source or what it was baked on, with the reason. */
  readonly bad: ReadonlyMap<NodeId, readonly { readonly what: string; readonly why: string }[]>;
  /** What the last trial found. */
  readonly tried: ReadonlyMap<NodeId, Tried>;
  /** Sha256 of the user-data that the image would be tried with today; absent: it has none. */
  readonly userData: ReadonlyMap<ImageName, string>;
  readonly now: Date;
}

/** Everything that is wrong, at once, before anything is made. */
export function preflight(facts: PreflightFacts): readonly PreflightProblem[] {
  const sources = groupBy(facts.wanted, ({ source }) => source.id).map(([{ source }]): Source => source);
  return [
    ...problemsOfChannel(facts),
    ...sources.flatMap((source) => problemsOfSource(source, facts)),
    ...facts.wanted.flatMap((one) => problemsOfSite(one, facts)),
    ...sharingQuota(facts),
  ];
}

function problemsOfChannel({ channel, wanted }: PreflightFacts): readonly PreflightProblem[] {
  const { organizations, organizationalUnits } = channel.sharing;
  const foreign = wanted.find(({ site, source }) => site.account !== source.ami.site.account);
  if (foreign === undefined || organizations.length + organizationalUnits.length === 0) return [];
  return [
    {
      code: 'organization-and-copy',
      message: `channel ${channel.name} shares with an organization and lets account ${foreign.site.account} copy: snapshots cannot be shared with organizations`,
      hint: `Give the target mode 'share', or list accounts instead of the organization: channels.${channel.name}.share.`,
    },
  ];
}

/** AMI sharing quota of EC2: entities per region; an organization or a unit counts as one. */
const ENTITIES = 1000;

function sharingQuota({ wanted }: PreflightFacts): readonly PreflightProblem[] {
  return wanted.flatMap((one) => {
    const { accounts, organizations, organizationalUnits } = one.sharing;
    const count = accounts.length + organizations.length + organizationalUnits.length;
    if (count <= ENTITIES) return [];
    return [
      {
        code: 'sharing-quota',
        message: `${wantedId(one)}: would be shared with ${count} accounts and organizations; EC2 allows ${ENTITIES} per region`,
        hint: 'Share with the organization or its units instead, or have the quota raised.',
        site: targetId(one.site),
      },
    ];
  });
}
