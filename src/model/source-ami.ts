import type { AccountId, AmiId, Architecture } from './ids.ts';

/** How to ask AWS for a source AMI in one architecture. */
export type SourceAmiLookup =
  /** An SSM parameter whose value is an AMI id. */
  | { readonly by: 'parameter'; readonly parameter: string; readonly owner: SourceOwner }
  /** A DescribeImages name filter. */
  | { readonly by: 'name'; readonly name: string; readonly owner: SourceOwner; readonly architecture: Architecture }
  | { readonly by: 'id'; readonly id: AmiId; readonly owner: SourceOwner };

/** Who must own a source AMI; `self`: the account that bakes. */
export type SourceOwner = AccountId | 'amazon' | 'self';

/** An AMI that answers a lookup, as AWS describes it. */
export interface SourceAmiCandidate {
  readonly imageId: AmiId;
  readonly name: string;
  /** Account id. */
  readonly owner: string;
  /** `amazon`, `aws-marketplace` or nothing. */
  readonly ownerAlias: string | undefined;
  /** ISO 8601, UTC. */
  readonly creationDate: string;
  readonly architecture: string;
  readonly rootDeviceName: string;
  /** Names of all its block devices, those of instance stores too. */
  readonly devices: readonly string[];
  /** `ebs` or `instance-store`. */
  readonly rootDeviceType: string;
  /** `hvm` or `paravirtual`. */
  readonly virtualizationType: string;
  readonly state: string;
  /** ISO 8601, UTC; from then on the AMI should no longer be used. */
  readonly deprecationTime: string | undefined;
}

/** Source AMIs as AWS knows them; an effect. */
export interface SourceAmis {
  /** Every AMI that answers, in no particular order; none when there is no such parameter, name or id. */
  find(lookup: SourceAmiLookup): Promise<readonly SourceAmiCandidate[]>;
}
