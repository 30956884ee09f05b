import type { ObservedImage } from '../../model/promotion.ts';
import { isAwsError } from '../errors.ts';
import { snapshotsOf } from '../leftovers.ts';
import { DeleteSnapshotCommand, DeregisterImageCommand, type EC2Client } from '../sdk/ec2.ts';

/** One call takes the AMI and the snapshots that it lists, so a kill leaves both or none. */
export async function removeFailedImage(
  client: EC2Client,
  { imageId: ImageId, snapshots }: ObservedImage,
): Promise<void> {
  const listed = new Set(snapshots.filter(({ device }) => device !== '').map(({ snapshotId }) => snapshotId));
  // Those that the AMI does not list go first: after it, nothing would lead to them.
  for (const SnapshotId of await snapshotsOf(client, { ImageId }))
    if (!listed.has(SnapshotId)) await deleteSnapshot(client, SnapshotId);
  for (const SnapshotId of await deregister(client, ImageId)) listed.delete(SnapshotId);
  for (const SnapshotId of listed) await deleteSnapshot(client, SnapshotId);
}

/** The snapshots that went with it. */
async function deregister(client: EC2Client, ImageId: string): Promise<readonly string[]> {
  try {
    const command = new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true });
    const { DeleteSnapshotResults = [] } = await client.send(command);
    return DeleteSnapshotResults.flatMap(({ SnapshotId, ReturnCode }) =>
      SnapshotId !== undefined && ReturnCode === 'success' ? [SnapshotId] : [],
    );
  } catch (error) {
    if (isAwsError(error, 'InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable')) return [];
    throw error;
  }
}

/** One that is in use is another AMI's too, or still this one's. */
async function deleteSnapshot(client: EC2Client, SnapshotId: string): Promise<void> {
  try {
    await client.send(new DeleteSnapshotCommand({ SnapshotId }));
  } catch (error) {
    if (!isAwsError(error, 'InvalidSnapshot.NotFound', 'InvalidSnapshot.InUse')) throw error;
  }
}
