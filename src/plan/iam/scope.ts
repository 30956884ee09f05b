import type { S3Object } from '../../model/artifact.ts';
import type { ProjectName, Region } from '../../model/ids.ts';
import { TAG } from '../../model/tags.ts';
import type { Reach } from './row.ts';
import { allOf, type Condition, sortedSet } from './statement.ts';

/** A KMS key as configured, where it is used. */
export interface KeyUse {
  readonly region: Region;
  /** Id, `alias/…` or ARN. */
  readonly key: string;
}

export interface BucketUse {
  /** `*` where the account is not known. */
  readonly bucket: string;
  /** First part of the keys, with a slash at its end; empty: none. */
  readonly prefix: string;
}

/** What one role works on: everything that the table has to know of a configuration. */
export interface Scope {
  readonly project: ProjectName;
  /** Twelve digits, or `*` where nobody said which. */
  readonly account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string;
  /** Where it changes things. */
  readonly regions: readonly Region[];
  /** Where it only looks: the build region, which is asked about the others. */
  readonly looksAt: readonly Region[];
  readonly vpcs: readonly string[];
  /** Empty: those of the default VPC. */
  readonly subnets: readonly string[];
  /** Names of instance profiles that it launches instances with. */
  readonly profiles: readonly string[];
  /** Of Session Manager's agent, or with it. */
  readonly sessionManager: boolean;
  /** SSM parameters that source AMIs are read from, without a slash at the front. */
  readonly sourceParameters: readonly { readonly name: string; readonly isPublic: boolean }[];
  /** What images' scripts are given: names of SSM parameters, without a slash at the front, and ids of Secrets Manager. */
  readonly secretParameters: readonly string[];
  readonly secretIds: readonly string[];
  /** What images' artefacts are read from. */
  readonly artifactObjects: readonly S3Object[];
  /** Of volumes and of copies. */
  readonly keys: readonly KeyUse[];
  /** Of sources that other accounts copy. */
  readonly lentKeys: readonly KeyUse[];
  readonly state: BucketUse | undefined;
  readonly stateKeys: readonly KeyUse[];
  readonly configs: readonly BucketUse[];
  readonly configKeys: readonly KeyUse[];
  /** Pointers: names with `*` for what a pattern leaves open, without a slash at the front. */
  readonly parameters: readonly string[];
  readonly launchTemplates: boolean;
  /** ARNs of roles that it assumes. */
  readonly roles: readonly string[];
  /** Whether it owns images: where others' are shared with it, it has pointers alone. */
  readonly ownsImages: boolean;
  /** Whether others get its images. */
  readonly shares: boolean;
}

/** What two purposes of one role work on. */
export const bothScopes = (one: Scope, other: Scope): Scope => ({
  ...one,
  regions: sortedSet([...one.regions, ...other.regions]),
  profiles: sortedSet([...one.profiles, ...other.profiles]),
  configs: [...one.configs, ...other.configs],
  configKeys: [...one.configKeys, ...other.configKeys],
});

/** EC2's kinds whose ARNs name no account. */
const OWNERLESS = ['image', 'snapshot'];

const regionPart = (regions: readonly Region[]): string => (regions.length === 1 ? (regions[0] ?? '*') : '*');

/** `arn:aws:ec2:us-east-1:111122223333:instance/*`. In several regions `*`, which `within` narrows. */
export const ec2 =
  (...kinds: readonly string[]) =>
  ({ partition, regions, account }: Scope): readonly string[] =>
    kinds.map((kind) => {
      const [type = '', name = '*'] = kind.split(':');
      const owner = OWNERLESS.includes(type) ? '' : account;
      return `arn:${partition}:ec2:${regionPart(regions)}:${owner}:${type}/${name}`;
    });

/** Calls of these regions alone, where one ARN does not say it. */
const within = ({ regions }: Scope): Condition =>
  regions.length === 1 ? {} : { StringEquals: { 'aws:RequestedRegion': regions } };

export const named = (scope: Scope, service: string, rest: string, account = scope.account): string =>
  `arn:${scope.partition}:${service}:${regionPart(scope.regions)}:${account}:${rest}`;

/** The request gives it the project's tag, as all that makes something does. */
export const givesTag = ({ project }: Scope): Condition => ({
  StringEquals: { [`aws:RequestTag/${TAG.project}`]: project },
});

/** It has the project's tag. */
export const hasTag = ({ project }: Scope): Condition => ({
  StringEquals: { [`aws:ResourceTag/${TAG.project}`]: project },
});

/** It has the project's tag, or none of ours yet: Packer 1.6 tags what it has made when it is available. */
export const isNoOthers = ({ project }: Scope): Condition => ({
  StringEqualsIfExists: { [`aws:ResourceTag/${TAG.project}`]: project },
});

/** Tags given in the call that makes the thing. */
export const madeBy =
  (...calls: readonly string[]) =>
  (): Condition => ({ StringEquals: { 'ec2:CreateAction': calls } });

/** These resources, in the role's regions, under all of these conditions. */
export const on =
  (resources: (scope: Scope) => readonly string[], ...conditions: readonly ((scope: Scope) => Condition)[]) =>
  (scope: Scope): Reach => ({
    resources: resources(scope),
    condition: allOf(within(scope), ...conditions.map((condition) => condition(scope))),
  });

/** Describe calls name no resource; the regions are those that are worked in and looked at. */
export const anywhere = ({ regions, looksAt }: Scope): Reach => ({
  resources: ['*'],
  condition: { StringEquals: { 'aws:RequestedRegion': [...new Set([...regions, ...looksAt])] } },
});
