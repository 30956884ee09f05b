import type { AccountId, AmiId, Region } from '../model/ids.ts';
import type { Tags } from '../model/image.ts';
import type { Site } from '../model/promotion.ts';

/** A KMS key as its region shows it. */
export interface KeyFacts {
  readonly arn: string;
  readonly account: AccountId;
  readonly region: Region;
  /** What is encrypted with a key of `AWS` cannot be shared with other accounts. */
  readonly manager: 'AWS' | 'CUSTOMER';
  /** `Enabled`, `Disabled`, `PendingDeletion` … */
  readonly state: string;
}

/** KMS keys of one region, as the credentials of one account see them. */
export interface Keys {
  /** By id, `alias/…` or ARN; undefined: there is none in this region. Throws `access-denied` where it may not be looked at. */
  describe(key: string): Promise<KeyFacts | undefined>;
  /** What encrypts a copy for which no key is named: of an encrypted source, and where `always` of every source. */
  defaults(): Promise<{ readonly always: boolean; readonly key: string }>;
}

/** One thing that a promotion needs at a site. `unchecked`: nothing tells before it is done. */
export interface SiteCheck {
  /** `region`, `key alias/images`, `ec2:CopyImage` … */
  readonly check: string;
  readonly status: 'ok' | 'refused' | 'unchecked';
  /** What was found, or why nothing was. */
  readonly detail: string;
}

/** What a promotion will do at a site. */
export interface SiteQuestions {
  /** An AMI that will be copied to the site. */
  readonly copies?: { readonly source: AmiId; readonly region: Region };
  /** Keys that copies are to be encrypted with. */
  readonly kmsKeys: readonly string[];
  /** One that is there already, to try changes on without making them. */
  readonly present?: { readonly imageId: AmiId; readonly snapshotId?: string };
  readonly shares: 'no' | 'with-some' | 'with-everybody';
  readonly deprecates: boolean;
  readonly parameters: boolean;
  /** With the tags that one is made with, where there is none of the name. */
  readonly launchTemplates: readonly { readonly name: string; readonly tags: Tags }[];
}

export interface Preflight {
  /** Changes nothing. A region that is not enabled is told alone. */
  check(site: Site, questions: SiteQuestions): Promise<readonly SiteCheck[]>;
}
