import type { AccountId, Region } from './ids.ts';

/** How often a call was made at one site. */
export interface CallCount {
  readonly account: AccountId;
  readonly region: Region;
  /** `EC2`, `SSM`, `KMS`. */
  readonly service: string;
  readonly action: string;
  readonly calls: number;
  /** Requests beyond the first of each call: of throttling, and of connections that broke. */
  readonly retries: number;
}
