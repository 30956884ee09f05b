import { expect, test } from 'vitest';
import { createBuilders } from '../../src/aws/builders.ts';
import { REGION } from '../helpers/builders.ts';
import { awsFailure, scriptedEc2 } from '../helpers/scripted-ec2.ts';

const GROUP = { name: 'group', description: '', port: 22, cidrs: [], tags: {} };

test('the network of builders is looked up once for all that are in it, and again where that has failed', async () => {
  const failures = [awsFailure('InternalError')];
  const { client, calls } = scriptedEc2({
    DescribeVpcs: () => {
      const failure = failures.pop();
      if (failure !== undefined) throw failure;
      return { Vpcs: [{ VpcId: 'vpc-1' }] };
    },
    DescribeSubnets: () => ({ Subnets: [{ VpcId: 'vpc-2' }] }),
    DescribeSecurityGroups: () => ({ SecurityGroups: [{}] }),
    CreateSecurityGroup: () => ({ GroupId: 'sg-1' }),
  });
  const { createSecurityGroup } = createBuilders(client, { region: REGION });
  await expect(createSecurityGroup(GROUP)).rejects.toThrow('InternalError');
  await Promise.all([createSecurityGroup(GROUP), createSecurityGroup(GROUP)]);
  await createSecurityGroup({ ...GROUP, subnet: 'subnet-1' });
  await createSecurityGroup({ ...GROUP, subnet: 'subnet-1' });
  const created = calls.filter(({ action }) => action === 'CreateSecurityGroup').map(({ input }) => input.VpcId);
  expect(created).toEqual(['vpc-1', 'vpc-1', 'vpc-2', 'vpc-2']);
  const looks = calls.map(({ action }) => action).filter((action) => /Vpcs|Subnets/.test(action));
  expect(looks).toEqual(['DescribeVpcs', 'DescribeVpcs', 'DescribeSubnets']);
});
