import type { AccountId } from '../../model/ids.ts';
import type { Condition } from './statement.ts';

/** Whose pipelines may assume a role, without any key that is kept. */
export interface Pipeline {
  readonly host: 'github' | 'gitlab';
  /** `owner/name`, `group/project`. */
  readonly repository: string;
  readonly branch: string;
}

export interface TrustDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly {
    readonly Effect: 'Allow';
    readonly Principal: Readonly<Record<string, string>>;
    readonly Action: string;
    readonly Condition?: Condition;
  }[];
}

const trust = (Principal: Readonly<Record<string, string>>, Action: string, Condition?: Condition): TrustDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal, Action, ...(Condition === undefined ? {} : { Condition }) }],
});

/** The address of each host's OIDC provider, whom its tokens are for, and what they say of a job on a branch. */
const HOSTS = {
  github: {
    provider: 'token.actions.githubusercontent.com',
    audience: 'sts.amazonaws.com',
    subject: ({ repository, branch }: Pipeline) => `repo:${repository}:ref:refs/heads/${branch}`,
  },
  gitlab: {
    provider: 'gitlab.com',
    audience: 'https://gitlab.com',
    subject: ({ repository, branch }: Pipeline) => `project_path:${repository}:ref_type:branch:ref:${branch}`,
  },
} as const;

/** Only jobs of that branch: those of pull requests, forks and other branches say something else. */
export function trustsPipeline(partition: string, account: AccountId, pipeline: Pipeline): TrustDocument {
  const { provider, audience, subject } = HOSTS[pipeline.host];
  const Federated = `arn:${partition}:iam::${account}:oidc-provider/${provider}`;
  return trust({ Federated }, 'sts:AssumeRoleWithWebIdentity', {
    StringEquals: { [`${provider}:aud`]: audience, [`${provider}:sub`]: subject(pipeline) },
  });
}

const rootOf = (partition: string, account: AccountId) => ({ AWS: `arn:${partition}:iam::${account}:root` });

/** Whoever may assume roles in that account. */
export const trustsAccount = (partition: string, account: AccountId): TrustDocument =>
  trust(rootOf(partition, account), 'sts:AssumeRole');

/** The same, for sessions that are named as bake names them. */
export const trustsBake = (partition: string, account: AccountId): TrustDocument =>
  trust(rootOf(partition, account), 'sts:AssumeRole', { StringLike: { 'sts:RoleSessionName': 'bake-*' } });

export const trustsInstances = (partition: string): TrustDocument =>
  trust({ Service: partition === 'aws-cn' ? 'ec2.amazonaws.com.cn' : 'ec2.amazonaws.com' }, 'sts:AssumeRole');
