import { type AccountId, parseAccountId } from '../model/ids.ts';
import { clientSettings } from './client-settings.ts';
import type { AwsConnection, Credentials } from './connection.ts';
import { awsError } from './errors.ts';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from './sdk/sts.ts';

export interface Caller {
  readonly account: AccountId;
  readonly arn: string;
}

/** The account that the credentials belong to. */
export const callerAccount = async (connection: AwsConnection): Promise<AccountId> =>
  (await caller(connection)).account;

/** Whom the credentials belong to. */
export async function caller(connection: AwsConnection): Promise<Caller> {
  try {
    const { Account = '', Arn: arn = '' } = await new STSClient(clientSettings(connection)).send(
      new GetCallerIdentityCommand({}),
    );
    const account = parseAccountId(Account);
    if (account === undefined) throw new Error(`STS says that the account is ${JSON.stringify(Account)}`);
    return { account, arn };
  } catch (cause) {
    throw awsError(cause, 'find out whose credentials these are', connection);
  }
}

/** Seconds: what every role allows. Somebody may think a while before they answer. */
const SESSION = 3600;

/** Credentials of the role. The session's name tells CloudTrail what did it. */
export async function assumeRole(connection: AwsConnection, role: string, session: string): Promise<Credentials> {
  try {
    const command = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: session, DurationSeconds: SESSION });
    const { Credentials: given } = await new STSClient(clientSettings(connection)).send(command);
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '', Expiration } = given ?? {};
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      ...(Expiration === undefined ? {} : { expiration: Expiration }),
    };
  } catch (cause) {
    throw awsError(cause, `assume the role ${role}`, connection);
  }
}
