import type { Leftovers } from '../run/effects.ts';
import { livingInstances } from './leftovers.ts';
import { DeleteKeyPairCommand, DeleteSecurityGroupCommand, type EC2Client } from './sdk/ec2.ts';

/**
 * The short way after a good bake: Packer has ended its instance, and what else there is goes by the names that it was made
 * under, with three calls in place of six. Undefined where anything is otherwise: the long way looks for everything.
 */
export async function removeKnown(
  client: EC2Client,
  { known, ...owner }: Leftovers,
): Promise<readonly string[] | undefined> {
  if (known === undefined) return undefined;
  const { securityGroup: GroupId, keyPair: KeyName } = known;
  try {
    if ((await livingInstances(client, owner)).length > 0) return undefined;
    await client.send(new DeleteSecurityGroupCommand({ GroupId }));
    await client.send(new DeleteKeyPairCommand({ KeyName }));
    return [`security group ${GroupId}`, `key pair ${KeyName}`];
  } catch {
    return undefined;
  }
}
