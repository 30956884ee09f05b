import { isAwsError } from './errors.ts';
import { DeleteSnapshotCommand, DeregisterImageCommand, type EC2Client } from './sdk/ec2.ts';

/** One call takes the AMI and the snapshots that it lists, so a kill leaves both or none. Not an error when it is gone. */
export async function deregisterImage(
  client: EC2Client,
  ImageId: string,
  snapshotIds: Iterable<string>,
): Promise<void> {
  const left = new Set(snapshotIds);
  for (const SnapshotId of await deregister(client, ImageId)) left.delete(SnapshotId);
  for (const SnapshotId of left) await deleteSnapshot(client, SnapshotId);
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
export async function deleteSnapshot(client: EC2Client, SnapshotId: string): Promise<void> {
  try {
    await client.send(new DeleteSnapshotCommand({ SnapshotId }));
  } catch (error) {
    if (!isAwsError(error, 'InvalidSnapshot.NotFound', 'InvalidSnapshot.InUse')) throw error;
  }
}
