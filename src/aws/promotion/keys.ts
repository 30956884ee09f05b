import type { AccountId, Region } from '../../model/ids.ts';
import type { KeyFacts, Keys } from '../../run/preflight-effects.ts';
import { attemptingAt, isAwsError } from '../errors.ts';
import { type EC2Client, GetEbsDefaultKmsKeyIdCommand, GetEbsEncryptionByDefaultCommand } from '../sdk/ec2.ts';
import { DescribeKeyCommand, type KMSClient } from '../sdk/kms.ts';
import type { SiteClients } from '../sites.ts';

export function createKeys({ site, ec2, kms, connection }: SiteClients): Keys {
  const attempt = attemptingAt(site, connection);
  return {
    describe: (key) => attempt(`look at the key ${key}`, () => describeKey(kms, key)),
    defaults: () => attempt('read how volumes are encrypted', () => encryptionDefaults(ec2)),
  };
}

async function describeKey(client: KMSClient, KeyId: string): Promise<KeyFacts | undefined> {
  try {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    const { Arn = '', AWSAccountId = '', KeyManager = 'CUSTOMER', KeyState = '' } = KeyMetadata ?? {};
    // arn:aws:kms:<region>:<account>:key/<id>
    const region = Arn.split(':')[3] as Region;
    return { arn: Arn, account: AWSAccountId as AccountId, region, manager: KeyManager, state: KeyState };
  } catch (error) {
    if (isAwsError(error, 'NotFoundException', 'InvalidArnException')) return undefined;
    throw error;
  }
}

async function encryptionDefaults(client: EC2Client) {
  const [{ EbsEncryptionByDefault }, { KmsKeyId = 'alias/aws/ebs' }] = await Promise.all([
    client.send(new GetEbsEncryptionByDefaultCommand({})),
    client.send(new GetEbsDefaultKmsKeyIdCommand({})),
  ]);
  return { always: EbsEncryptionByDefault === true, key: KmsKeyId };
}
