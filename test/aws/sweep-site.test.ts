import { describe, expect, test } from 'vitest';
import { createSweepSite } from '../../src/aws/sweep-site.ts';
import { PROJECT } from '../helpers/builders.ts';
import { awsFailure, scriptedEc2 } from '../helpers/scripted-ec2.ts';
import { SITE } from '../helpers/sites.ts';

const Tags = [{ Key: 'bake:project', Value: 'acme' }];
const AMI = { ImageId: 'ami-00000001', Name: 'acme/api/1-x86_64', Tags };

function sweepSite(answers: Parameters<typeof scriptedEc2>[0] = {}) {
  const { client, calls } = scriptedEc2(answers);
  return { there: createSweepSite({ site: SITE, connection: SITE, ec2: client }, PROJECT), calls };
}

describe('a look', () => {
  test('asks once for each kind, where nothing is in doubt', async () => {
    const { there, calls } = sweepSite();
    expect(await there.look()).toEqual([]);
    expect(calls.map(({ action }) => action).toSorted()).toEqual([
      'DescribeImages',
      'DescribeInstances',
      'DescribeKeyPairs',
      'DescribeSecurityGroups',
      'DescribeSnapshots',
      'DescribeVolumes',
    ]);
  });

  test('follows pages to their end', async () => {
    const pages = (key: string, item: (n: string) => object) => (input: Record<string, unknown>) =>
      input.NextToken === undefined ? { [key]: [item('1')], NextToken: 'more' } : { [key]: [item('2')] };
    const { there } = sweepSite({
      DescribeInstances: pages('Reservations', (n) => ({ Instances: [{ InstanceId: `i-${n}` }] })),
      DescribeImages: pages('Images', (n) => ({ ...AMI, ImageId: `ami-0000000${n}` })),
      DescribeSnapshots: pages('Snapshots', (n) => ({ SnapshotId: `snap-${n}` })),
      DescribeVolumes: pages('Volumes', (n) => ({ VolumeId: `vol-${n}` })),
      DescribeSecurityGroups: pages('SecurityGroups', (n) => ({ GroupId: `sg-${n}` })),
    });
    const ids = (await there.look()).map(({ id }) => id).toSorted();
    expect(ids).toEqual([
      ...['ami-00000001', 'ami-00000002'],
      ...['i-1', 'i-2'],
      ...['sg-1', 'sg-2'],
      ...['snap-1', 'snap-2'],
      ...['vol-1', 'vol-2'],
    ]);
  });

  test.each([
    ['DescribeInstances', 'list instances'],
    ['DescribeImages', 'list images'],
    ['DescribeSnapshots', 'list snapshots'],
    ['DescribeVolumes', 'list volumes'],
    ['DescribeSecurityGroups', 'list security groups'],
    ['DescribeKeyPairs', 'list key pairs'],
  ])('of which %s is refused, also on a later page, is none', async (action, what) => {
    const refuse = () => {
      throw awsFailure('UnauthorizedOperation');
    };
    const later = (input: Record<string, unknown>) =>
      input.NextToken === undefined ? { NextToken: 'more' } : refuse();
    for (const answer of action === 'DescribeKeyPairs' ? [refuse] : [refuse, later]) {
      const { there } = sweepSite({ [action]: answer });
      await expect(there.look()).rejects.toMatchObject({
        code: 'access-denied',
        message: expect.stringContaining(what),
      });
    }
  });

  test('reads from a description whose a snapshot is, and asks whether an AMI of another name has it', async () => {
    const { there, calls } = sweepSite({
      DescribeImages: ({ Filters }) =>
        JSON.stringify(Filters).includes('block-device-mapping')
          ? { Images: [{ BlockDeviceMappings: [{ Ebs: { SnapshotId: 'snap-2' } }] }] }
          : { Images: [AMI] },
      DescribeSnapshots: ({ Filters }) => ({
        Snapshots: JSON.stringify(Filters).includes('"description"')
          ? [{ SnapshotId: 'snap-1', Description: 'Created by CreateImage(i-0a) for ami-00000001' }]
          : [
              { SnapshotId: 'snap-2', Description: 'Copied for DestinationAmi ami-0b from SourceAmi ami-0c' },
              { SnapshotId: 'snap-3', Description: 'before the upgrade' },
            ],
      }),
    });
    const snapshots = (await there.look()).filter(({ kind }) => kind === 'snapshot');
    expect(snapshots).toMatchObject([
      { id: 'snap-2', madeFor: { image: 'ami-0b' }, inUse: true },
      { id: 'snap-3', inUse: false },
      { id: 'snap-1', madeFor: { image: 'ami-00000001', instance: 'i-0a' }, inUse: false },
    ]);
    expect(snapshots[1]).not.toHaveProperty('madeFor');
    expect(calls.filter(({ action }) => action === 'DescribeSnapshots')).toHaveLength(2);
  });
});

test('an AMI is looked at again before it goes', async () => {
  const { there, calls } = sweepSite({ DescribeImages: () => ({ Images: [AMI] }) });
  expect(await there.removeImage('ami-00000001', () => false)).toEqual({ status: 'changed', snapshots: [] });
  expect(calls.map(({ action }) => action)).toEqual(['DescribeImages']);
  expect(await sweepSite().there.removeImage('ami-00000001', () => true)).toMatchObject({ status: 'gone' });
});

test.each([
  ['snapshot', 'DeleteSnapshot', 'InvalidSnapshot.NotFound'],
  ['volume', 'DeleteVolume', 'InvalidVolume.NotFound'],
  ['security-group', 'DeleteSecurityGroup', 'InvalidGroup.NotFound'],
  ['key-pair', 'DeleteKeyPair', 'InvalidKeyPair.NotFound'],
] as const)('a %s that is gone already is no failure', async (kind, action, name) => {
  const gone = () => {
    throw awsFailure(name);
  };
  expect(await sweepSite().there.remove(kind, 'x')).toBe(true);
  expect(await sweepSite({ [action]: gone }).there.remove(kind, 'x')).toBe(false);
});
