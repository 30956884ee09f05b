import type { CliResult } from './cli.ts';
import type { RecordedCall } from './interference.ts';
import type { Project } from './project.ts';
import type { AwsKeys } from './sandbox-server.ts';

export type Document = { readonly Statement: readonly { readonly Sid?: string }[] };

const ADMINISTRATOR: AwsKeys = { accessKeyId: 'AKIAADMINISTRATOR000', secretAccessKey: '' };

/** What somebody did, and what IAM would not have of it: `ec2:CreateTags on resource: arn:…`. */
export interface Judged {
  readonly result: CliResult;
  readonly denied: readonly string[];
}

/** Users and roles of a sandbox's IAM, and whether it asks them. */
export class IamLab {
  private readonly endpoint: string;
  private users = 0;

  constructor({ endpoint }: { readonly endpoint: string }) {
    this.endpoint = endpoint;
  }

  /** Runs it with the keys of somebody who may do that and no more. */
  async judge(policy: Document, run: (keys: AwsKeys) => Promise<CliResult>): Promise<Judged> {
    const keys = await this.user(policy);
    const { last } = await this.calls(0);
    await this.enforce(true);
    const result = await run(keys).finally(() => this.enforce(false));
    const { calls } = await this.calls(last);
    const denied = calls.filter(({ errorCode }) => DENIED.includes(errorCode ?? ''));
    return { result, denied: [...new Set(denied.map(({ service, action }) => `${service}:${action}`))] };
  }

  private async calls(after: number) {
    const answer = await fetch(`${this.endpoint}/_bake/calls?after=${after}`);
    return (await answer.json()) as { readonly last: number; readonly calls: readonly RecordedCall[] };
  }

  private async enforce(enforced: boolean): Promise<void> {
    const body = JSON.stringify({ enforced });
    const answer = await fetch(`${this.endpoint}/_bake/permissions`, { method: 'POST', body });
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** The keys of a new user who may do what the policy says, and nothing else. */
  private async user(policy: Document): Promise<AwsKeys> {
    const UserName = `user-${++this.users}`;
    await this.call({ Action: 'CreateUser', UserName });
    await this.call({ Action: 'PutUserPolicy', UserName, PolicyName: 'p', PolicyDocument: JSON.stringify(policy) });
    const answer = await this.call({ Action: 'CreateAccessKey', UserName });
    return { accessKeyId: within(answer, 'AccessKeyId'), secretAccessKey: within(answer, 'SecretAccessKey') };
  }

  /** A role of another account, made or given another policy; `keys` are an administrator's there. */
  async role(RoleName: string, trust: object, policy: Document, keys: AwsKeys): Promise<void> {
    const AssumeRolePolicyDocument = JSON.stringify(trust);
    await this.call({ Action: 'CreateRole', RoleName, AssumeRolePolicyDocument }, keys).catch((error: Error) => {
      if (!error.message.includes('EntityAlreadyExists')) throw error;
    });
    await this.call(
      { Action: 'PutRolePolicy', RoleName, PolicyName: 'p', PolicyDocument: JSON.stringify(policy) },
      keys,
    );
  }

  private async call(parameters: Readonly<Record<string, string>>, keys = ADMINISTRATOR): Promise<string> {
    const scope = `${keys.accessKeyId}/20261120/us-east-1/iam/aws4_request`;
    const answer = await fetch(this.endpoint, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
        ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
      },
      body: new URLSearchParams({ Version: '2010-05-08', ...parameters }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  }
}

/** To a HEAD there is no body that would say it. */
const DENIED = ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException'];

const within = (xml: string, element: string): string =>
  new RegExp(`<${element}>([^<]+)</${element}>`).exec(xml)?.[1] ?? '';

/** Each way to take one statement away. */
export const withoutOne = <T extends Document>(document: T): readonly (readonly [name: string, less: T])[] =>
  document.Statement.map(({ Sid = '' }) => [
    Sid,
    { ...document, Statement: document.Statement.filter((statement) => statement.Sid !== Sid) },
  ]);

/** What `bake iam-policy --json` says. */
export interface PolicyOutput {
  readonly roles: readonly {
    readonly name: string;
    readonly account: string;
    readonly trust?: object;
    readonly policy: Document;
  }[];
}

export async function policiesFor(project: Pick<Project, 'bake'>, ...args: readonly string[]): Promise<PolicyOutput> {
  const all = ['iam-policy', '--account', '123456789012', '--json', '--for', ...args];
  const { code, stdout, stderr } = await project.bake(all);
  if (code !== 0) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout);
}
