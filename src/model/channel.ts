import type { AccountId, ChannelName, Region } from './ids.ts';

/** Where something is published or brought to, as a channel names it. */
export interface Target {
  /** Absent: the account of the credentials that bake runs with. */
  readonly account?: AccountId;
  /** ARN of the role to assume there; absent: the credentials as they are. */
  readonly role?: string;
  readonly region: Region;
}

/** A named set of targets. */
export interface Channel {
  readonly name: ChannelName;
  readonly targets: readonly Target[];
}

/** A target whose account is known: what was written, or whom the credentials belong to. */
export interface ResolvedTarget extends Target {
  readonly account: AccountId;
}

/** `111122223333/us-east-1`. */
export type TargetId = `${string}/${string}`;
export const targetId = ({ account, region }: ResolvedTarget): TargetId => `${account}/${region}`;
