import { reservationOf } from '../model/reservation.ts';
import { TAG } from '../model/tags.ts';
import type { Builders } from '../run/effects.ts';
import type { AwsConnection } from './connection.ts';
import { attempting, isAwsError } from './errors.ts';
import { removeKnown } from './finished-bake.ts';
import { endedBy, livingInstances, removeLeftovers } from './leftovers.ts';
import { vpcFor } from './network.ts';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  DeleteKeyPairCommand,
  DescribeKeyPairsCommand,
  type EC2Client,
  waitUntilSecurityGroupExists,
} from './sdk/ec2.ts';
import { createTags, tagSpecifications, tagsOf } from './tags.ts';

export function createBuilders(client: EC2Client, connection: AwsConnection): Builders {
  const attempt = attempting(connection);
  const vpcOf = rememberedVpcs(client, connection);
  return {
    reserve: (name, tags) =>
      attempt('create a key pair', async () => {
        const TagSpecifications = tagSpecifications(tags, 'key-pair');
        const command = new CreateKeyPairCommand({ KeyName: name, KeyType: 'ed25519', TagSpecifications });
        try {
          const { KeyPairId = '', KeyMaterial = '' } = await client.send(command);
          return { id: KeyPairId, privateKey: KeyMaterial };
        } catch (error) {
          if (isAwsError(error, 'InvalidKeyPair.Duplicate')) return undefined;
          throw error;
        }
      }),

    release: (keyPairName) =>
      attempt('delete a key pair', async () => {
        await client.send(new DeleteKeyPairCommand({ KeyName: keyPairName }));
      }),

    reservations: (project) =>
      attempt('list key pairs', async () => {
        const Filters = [{ Name: `tag:${TAG.project}`, Values: [project] }];
        const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters }));
        return KeyPairs.flatMap(({ KeyPairId: id, KeyName: name, CreateTime, Tags }) => {
          if (id === undefined || name === undefined || CreateTime === undefined) return [];
          return reservationOf(project, { id, name, createdAt: CreateTime.toISOString(), tags: tagsOf(Tags) }) ?? [];
        });
      }),

    renew: (ids, tags) => attempt('tag key pairs', () => createTags(client, ids, tags)),

    createSecurityGroup: (request) =>
      attempt('create a security group', async () => {
        const create = new CreateSecurityGroupCommand({
          GroupName: request.name,
          Description: request.description,
          VpcId: await vpcOf(request),
          TagSpecifications: tagSpecifications(request.tags, 'security-group'),
        });
        const { GroupId = '' } = await client.send(create);
        // EC2 may not know its new group for some seconds. If it never does, the next call says so in its own words.
        const limits = { client, maxWaitTime: 30, minDelay: 1, maxDelay: 5 };
        await waitUntilSecurityGroupExists(limits, { GroupIds: [GroupId] }).catch(() => undefined);
        if (request.cidrs.length === 0) return GroupId;
        const { port } = request;
        const IpPermissions = [
          {
            IpProtocol: 'tcp',
            FromPort: port,
            ToPort: port,
            IpRanges: request.cidrs.filter((cidr) => !cidr.includes(':')).map((CidrIp) => ({ CidrIp })),
            Ipv6Ranges: request.cidrs.filter((cidr) => cidr.includes(':')).map((CidrIpv6) => ({ CidrIpv6 })),
          },
        ];
        await client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
        return GroupId;
      }),

    endOf: (bake) => attempt('list builders', () => endedBy(client, bake)),

    instancesOf: (bake) => attempt('list builders', () => livingInstances(client, bake)),

    removeLeftovers: (leftovers) =>
      attempt('remove what a run left', async () => {
        return (await removeKnown(client, leftovers)) ?? removeLeftovers(client, leftovers);
      }),
  };
}

type Network = Parameters<typeof vpcFor>[1];

/** Networks are the same for most images of a run, and stay as they are: each is asked for once. */
function rememberedVpcs(client: EC2Client, connection: AwsConnection): (network: Network) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  return ({ vpc, subnet }) => {
    const key = `${vpc} ${subnet}`;
    const found = known.get(key) ?? vpcFor(client, { vpc, subnet }, connection);
    known.set(key, found);
    found.catch(() => known.delete(key));
    return found;
  };
}
