import type { EC2Client } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { removeLeftovers } from '../../src/aws/leftovers.ts';
import { imageName, RUN } from '../helpers/builders.ts';

const OWNER = { run: RUN, image: imageName('api'), architecture: 'x86_64' } as const;

/** An EC2 with one instance of ours, which the first `late` looks do not list; nothing else is there. */
function ec2(late: number) {
  let looks = 0;
  let ended = false;
  const instance = () => ({ InstanceId: 'i-1', State: { Name: ended ? 'terminated' : 'running' } });
  const send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: object }) => {
    if (name === 'TerminateInstancesCommand') ended = true;
    if (name !== 'DescribeInstancesCommand') return {};
    if ('InstanceIds' in input) return { Reservations: [{ Instances: [instance()] }] };
    looks += 1;
    return { Reservations: looks > late ? [{ Instances: [instance()] }] : [] };
  };
  return { client: { send } as unknown as EC2Client, looks: () => looks };
}

test('an instance that has just been asked for is looked for again', async () => {
  const { client, looks } = ec2(1);
  expect(await removeLeftovers(client, { ...OWNER, launching: true })).toEqual(['instance i-1']);
  expect(looks()).toBe(2);
});

test('one that has ended already is not waited for', async () => {
  const { client, looks } = ec2(0);
  await removeLeftovers(client, OWNER);
  expect(await removeLeftovers(client, { ...OWNER, launching: true })).toEqual([]);
  expect(looks()).toBe(2);
});

test('otherwise one look is enough', async () => {
  const { client, looks } = ec2(1);
  expect(await removeLeftovers(client, OWNER)).toEqual([]);
  expect(looks()).toBe(1);
});
