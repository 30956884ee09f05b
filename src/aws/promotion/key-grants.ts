import type { AccountId } from '../../model/ids.ts';
import type { KeyGrants } from '../../run/promote-effects.ts';
import { attemptingAt, isAwsError } from '../errors.ts';
import {
  CreateGrantCommand,
  type GrantListEntry,
  type GrantOperation,
  type KMSClient,
  paginateListGrants,
  RevokeGrantCommand,
} from '../sdk/kms.ts';
import type { SiteClients } from '../sites.ts';

/** What EC2 does with a source's key in the name of whoever copies it. */
const OPERATIONS: readonly GrantOperation[] = [
  'DescribeKey',
  'CreateGrant',
  'Decrypt',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
];

/** `principalOf`: who copies in the name of an account. */
export function createKeyGrants(
  { site, connection, kms }: Pick<SiteClients, 'site' | 'connection' | 'kms'>,
  principalOf: (account: AccountId) => string,
): KeyGrants {
  const attempt = attemptingAt(site, connection);
  return {
    allow: ({ key, account, name }) =>
      attempt(`let ${account} use the key ${key}`, async () => {
        if ((await named(kms, key, name)).length > 0) return;
        const who = { GranteePrincipal: principalOf(account), Operations: [...OPERATIONS] };
        // KMS answers the same request of the same name with the grant that there is.
        await kms.send(new CreateGrantCommand({ KeyId: key, Name: name, ...who }));
      }),

    end: ({ key, account, name }) =>
      attempt(`end that ${account} uses the key ${key}`, async () => {
        for (const { GrantId } of await named(kms, key, name)) await revoke(kms, key, GrantId);
      }),
  };
}

async function named(client: KMSClient, KeyId: string, name: string): Promise<readonly GrantListEntry[]> {
  const found: GrantListEntry[] = [];
  for await (const { Grants = [] } of paginateListGrants({ client }, { KeyId }))
    found.push(...Grants.filter(({ Name }) => Name === name));
  return found;
}

async function revoke(client: KMSClient, KeyId: string, GrantId: string | undefined): Promise<void> {
  try {
    await client.send(new RevokeGrantCommand({ KeyId, GrantId }));
  } catch (error) {
    if (!isAwsError(error, 'NotFoundException')) throw error;
  }
}
