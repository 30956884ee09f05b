import { clientSettings } from './client-settings.ts';
import type { AwsConnection } from './connection.ts';
import { awsError } from './errors.ts';
import { EC2Client } from './sdk/ec2.ts';
import { SSMClient } from './sdk/ssm.ts';

export function ec2Client(connection: AwsConnection): EC2Client {
  return new EC2Client(clientSettings(connection));
}

/**
 * The endpoint that EC2 calls go to, empty for AWS's own: for Packer, whose older versions read neither the variables nor
 * `endpoint_url` of ~/.aws/config. As the SDK itself finds it, so that both talk to the same one.
 */
export async function ec2Endpoint(connection: AwsConnection): Promise<string> {
  if (connection.endpoint !== undefined) return connection.endpoint;
  try {
    return (await ec2Client(connection).config.serviceConfiguredEndpoint?.()) ?? '';
  } catch (cause) {
    throw awsError(cause, 'find the endpoint of EC2', connection);
  }
}

export function ssmClient(connection: AwsConnection): SSMClient {
  return new SSMClient(clientSettings(connection));
}
