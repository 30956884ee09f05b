import { createSites, type SiteClients } from '../../src/aws/sites.ts';
import type { AccountId, Region } from '../../src/model/ids.ts';
import type { Site } from '../../src/model/promotion.ts';
import type { SandboxServer } from './sandbox-server.ts';

/** The account of everybody who has assumed no role in the sandbox. */
export const ACCOUNT = '123456789012' as AccountId;
export const OTHER = '222233334444' as AccountId;
export const SITE: Site = { account: ACCOUNT, region: 'eu-central-1' as Region };

export const at = (region: string, account: AccountId = ACCOUNT): Site => ({ account, region: region as Region });

const roleOf = (account: AccountId): string => `arn:aws:iam::${account}:role/bake-promote`;

/** Sites of the sandbox, in its own account and in another one. */
export function sandboxSites(server: SandboxServer) {
  const connection = {
    region: SITE.region,
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const roles = new Map([[OTHER, roleOf(OTHER)]]);
  const sites = createSites({ connection, caller: ACCOUNT, roles, session: 'bake-test', now: Date.now });
  return { ...sites, open: (region: string, account?: AccountId): SiteClients => sites.at(at(region, account)) };
}
