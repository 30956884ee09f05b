import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientSettings } from './client-settings.ts';
import type { AwsConnection } from './connection.ts';

export function ec2Client(connection: AwsConnection): EC2Client {
  return new EC2Client(clientSettings(connection));
}

export function ssmClient(connection: AwsConnection): SSMClient {
  return new SSMClient(clientSettings(connection));
}
