import { describe, expect, test } from 'vitest';
import { createBuilders } from '../../src/aws/builders.ts';
import { imageName, REGION, RUN } from '../helpers/builders.ts';
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

describe('after a good bake', () => {
  const known = { securityGroup: 'sg-1', keyPair: 'bake/acme/api/1-x86_64' };
  const leftovers = { run: RUN, image: imageName('api'), architecture: 'x86_64', known } as const;
  const instance = { InstanceId: 'i-1', State: { Name: 'running' } };

  test('what is left goes by its name', async () => {
    const { client, calls } = scriptedEc2();
    const removed = await createBuilders(client, { region: REGION }).removeLeftovers(leftovers);
    expect(removed).toEqual(['security group sg-1', 'key pair bake/acme/api/1-x86_64']);
    expect(calls.map(({ action }) => action)).toEqual(['DescribeInstances', 'DeleteSecurityGroup', 'DeleteKeyPair']);
  });

  test.each([
    ['an instance lives', 'DescribeInstances'],
    ['the group is in use', 'DeleteSecurityGroup'],
  ])('everything is looked for where %s', async (_, action) => {
    let first = true;
    const once = () => {
      const isFirst = first;
      first = false;
      if (isFirst && action === 'DeleteSecurityGroup') throw awsFailure('DependencyViolation');
      return isFirst ? { Reservations: [{ Instances: [instance] }] } : {};
    };
    const { client, calls } = scriptedEc2({ [action]: once });
    await createBuilders(client, { region: REGION }).removeLeftovers(leftovers);
    const looks = ['DescribeVolumes', 'DescribeSecurityGroups', 'DescribeKeyPairs'];
    expect(calls.map((call) => call.action)).toEqual(expect.arrayContaining(looks));
  });
});
