import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { AwsConnection } from './connection.ts';
import { awsError } from './errors.ts';

/** Attempts per call, with the SDK's jittered back-off between them: throttling is normal at night. */
const MAX_ATTEMPTS = 6;
/** Milliseconds until a connection that does not come about counts as failed. */
const CONNECT_LIMIT = 5_000;
const REQUEST_LIMIT = 20_000;

// Says on every start that Node 20 has an end; the range of Node versions is this package's own decision.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

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

function clientSettings({ region, endpoint, credentials }: AwsConnection) {
  return {
    region,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_LIMIT, requestTimeout: REQUEST_LIMIT },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
