import type { CallCount } from '../model/call-count.ts';
import { targetId } from '../model/channel.ts';
import type { AccountId } from '../model/ids.ts';
import type { Site } from '../model/promotion.ts';
import { CallCounter } from './calls.ts';
import { clientSettings } from './client-settings.ts';
import type { AwsConnection, CredentialsSource } from './connection.ts';
import { wrongAccount } from './errors.ts';
import { assumeRole } from './identity.ts';
import { roleSession } from './role-session.ts';
import { EC2Client } from './sdk/ec2.ts';
import { KMSClient } from './sdk/kms.ts';
import { SSMClient } from './sdk/ssm.ts';

export interface SitesRequest {
  readonly connection: AwsConnection;
  /** Whose credentials `connection` has. */
  readonly caller: AccountId;
  /** Roles to assume. */
  readonly roles: ReadonlyMap<AccountId, string>;
  /** What CloudTrail shows beside the role. */
  readonly session: string;
  readonly now: () => number;
}

export interface SiteClients {
  readonly site: Site;
  readonly connection: AwsConnection;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly kms: KMSClient;
}

export interface Sites {
  /** The same clients each time. Roles are assumed by the first call of their account. Throws `wrong-account`. */
  at(site: Site): SiteClients;
  calls(): readonly CallCount[];
  close(): void;
}

export function createSites({ connection, caller, roles, session, now }: SitesRequest): Sites {
  const opened = new Map<string, SiteClients>();
  const sessions = new Map<string, CredentialsSource>();
  const counter = new CallCounter();

  /** One for each role, since all regions take its credentials. */
  const sessionOf = (role: string): CredentialsSource => {
    // Not in the site's region: the STS of one that has to be enabled knows only accounts that have enabled it.
    const source = sessions.get(role) ?? roleSession(() => assumeRole(connection, role, session), now);
    sessions.set(role, source);
    return source;
  };

  const open = (site: Site): SiteClients => {
    const role = roles.get(site.account);
    if (role === undefined && site.account !== caller) throw wrongAccount(site, caller);
    const there = {
      ...connection,
      region: site.region,
      ...(role === undefined ? {} : { credentials: sessionOf(role) }),
    };
    // EC2 counts requests by account and region, so what one call learns of its limit holds for all that share the client.
    const settings = { ...clientSettings(there), retryMode: 'adaptive' };
    const [ec2, ssm, kms] = [new EC2Client(settings), new SSMClient(settings), new KMSClient(settings)];
    for (const client of [ec2, ssm, kms]) counter.watch(client, site);
    return { site, connection: there, ec2, ssm, kms };
  };

  return {
    at: (site) => {
      const id = targetId(site);
      const clients = opened.get(id) ?? open(site);
      opened.set(id, clients);
      return clients;
    },
    calls: () => counter.rows(),
    close: () => {
      for (const { ec2, ssm, kms } of opened.values()) for (const client of [ec2, ssm, kms]) client.destroy();
      opened.clear();
    },
  };
}
