import { expect, test } from 'vitest';
import { removeImage } from '../../src/aws/removal.ts';
import { ami } from '../helpers/promotion.ts';
import { awsFailure, scriptedEc2 } from '../helpers/scripted-ec2.ts';

const results = (codes: Readonly<Record<string, string>>) => () => ({
  DeleteSnapshotResults: Object.entries(codes).map(([SnapshotId, ReturnCode]) => ({ SnapshotId, ReturnCode })),
});

const none = { DescribeSnapshots: () => ({}) };

test('one call takes an AMI with its snapshots', async () => {
  const { client, calls } = scriptedEc2({
    ...none,
    DeregisterImage: results({ 'snap-1': 'success', 'snap-2': 'success' }),
  });
  await removeImage(client, ami(1), ['snap-1', 'snap-2']);
  expect(calls.map(({ action }) => action)).toEqual(['DescribeSnapshots', 'DeregisterImage']);
  expect(calls[1]?.input).toMatchObject({ ImageId: ami(1), DeleteAssociatedSnapshots: true });
});

test('what did not go with it is deleted, unless another AMI uses it', async () => {
  const { client, calls } = scriptedEc2({
    ...none,
    DeregisterImage: results({ 'snap-1': 'skipped', 'snap-2': 'internal-error' }),
    DeleteSnapshot: ({ SnapshotId }) => {
      if (SnapshotId === 'snap-1') throw awsFailure('InvalidSnapshot.InUse');
      return {};
    },
  });
  await removeImage(client, ami(1), ['snap-1', 'snap-2']);
  expect(calls.slice(2).map(({ input }) => input.SnapshotId)).toEqual(['snap-1', 'snap-2']);
});

test('also of one that is gone already', async () => {
  const { client, calls } = scriptedEc2({
    ...none,
    DeregisterImage: () => {
      throw awsFailure('InvalidAMIID.Unavailable');
    },
  });
  await removeImage(client, ami(1), ['snap-1']);
  expect(calls.map(({ action }) => action)).toEqual(['DescribeSnapshots', 'DeregisterImage', 'DeleteSnapshot']);
});

test('snapshots that are left are named, for nothing leads to them any more', async () => {
  const { client, calls } = scriptedEc2({
    ...none,
    DeregisterImage: results({ 'snap-1': 'missing-permissions', 'snap-2': 'missing-permissions' }),
    DeleteSnapshot: () => {
      throw awsFailure('UnauthorizedOperation', 'no');
    },
  });
  await expect(removeImage(client, ami(1), ['snap-1', 'snap-2'])).rejects.toMatchObject({
    code: 'snapshots-left',
    message: `${ami(1)} is deregistered, and snap-1, snap-2 could not be deleted: no`,
  });
  expect(calls).toHaveLength(4);
});
