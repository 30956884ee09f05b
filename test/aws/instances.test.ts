import type { EC2Client } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { createInstances } from '../../src/aws/instances.ts';
import type { AmiId } from '../../src/model/ids.ts';
import { base } from '../helpers/builders.ts';

const REQUEST = {
  imageId: 'ami-0123456789abcdef0' as AmiId,
  architecture: 'x86_64',
  build: base('base').build,
  count: 1,
  keyPair: 'key',
  securityGroup: 'sg-1',
  userData: undefined,
  instanceProfile: 'reader',
  tags: {},
  clientToken: 'token',
} as const;

function launchAnsweredWith(name: string, message: string) {
  const send = () => Promise.reject(Object.assign(new Error(message), { name }));
  return createInstances({ send } as unknown as EC2Client, { region: 'eu-central-1' }).launch(REQUEST);
}

test.each([
  [
    'InvalidParameterValue',
    'Value (reader) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
  ],
  ['NoSuchEntity', 'Instance profile reader not found'],
])('%s: the instance profile does not exist, and it says where its name is written', async (name, message) => {
  await expect(launchAnsweredWith(name, message)).rejects.toMatchObject({
    code: 'instance-profile-not-found',
    blame: 'user',
    message: 'could not launch an instance in eu-central-1: there is no instance profile reader',
    hint: expect.stringMatching(/regionConfig\.instanceProfile.*build\.instanceProfile/),
    details: [`${name}: ${message}`],
  });
});

test('other parameters that are wrong are no missing profile', async () => {
  await expect(
    launchAnsweredWith('InvalidParameterValue', 'Value (t9.huge) for parameter instanceType is invalid.'),
  ).rejects.toMatchObject({ code: 'aws-call-failed' });
});
