import { BakeError } from '../model/errors.ts';
import type { AwsConnection } from './connection.ts';
import { DescribeSubnetsCommand, DescribeVpcsCommand, type EC2Client } from './sdk/ec2.ts';

/** The VPC that the builder's security group belongs in: the configured one, the subnet's, or the region's default. */
export async function vpcFor(
  client: EC2Client,
  network: { readonly vpc?: string | undefined; readonly subnet?: string | undefined },
  connection: AwsConnection,
): Promise<string> {
  if (network.vpc !== undefined) return network.vpc;
  if (network.subnet !== undefined) {
    const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({ SubnetIds: [network.subnet] }));
    if (Subnets[0]?.VpcId !== undefined) return Subnets[0].VpcId;
  }
  const filter = { Name: 'is-default', Values: ['true'] };
  const { Vpcs = [] } = await client.send(new DescribeVpcsCommand({ Filters: [filter] }));
  if (Vpcs[0]?.VpcId !== undefined) return Vpcs[0].VpcId;
  throw new BakeError({
    code: 'no-default-vpc',
    message: `${connection.region} has no default VPC to launch the builder in`,
    hint: 'Set build.network.vpc and build.network.subnet in the configuration.',
    blame: 'user',
  });
}

/** Milliseconds for the answer of the one service that tells a machine its public address. */
const ADDRESS_LIMIT = 5_000;

/** This machine's public address as a CIDR, as AWS sees it. Throws `public-address-unknown`. */
export async function ownCidr(signal: AbortSignal, url = 'https://checkip.amazonaws.com'): Promise<string> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ADDRESS_LIMIT)]);
    const address = (await (await fetch(url, { signal: limit })).text()).trim();
    if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return `${address}/32`;
    if (/^[0-9a-f:]+$/i.test(address)) return `${address}/128`;
    throw new Error(`it answered ${JSON.stringify(address.slice(0, 80))}`);
  } catch (cause) {
    signal.throwIfAborted();
    throw new BakeError({
      code: 'public-address-unknown',
      message: `this machine's public address is needed to let it, and nobody else, reach the builder, and ${url} did not tell it`,
      hint: 'Set build.network.allowedCidrs in the configuration, or use build.communicator: session-manager.',
      blame: 'cloud',
      cause,
    });
  }
}
