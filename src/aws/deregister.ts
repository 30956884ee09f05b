import { BakeError } from '../model/errors.ts';
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
  let failure: unknown;
  for (const SnapshotId of left) {
    try {
      await deleteSnapshot(client, SnapshotId);
      left.delete(SnapshotId);
    } catch (error) {
      failure = error;
    }
  }
  if (left.size > 0) throw snapshotsLeft(ImageId, [...left], failure);
}

const snapshotsLeft = (imageId: string, snapshotIds: readonly string[], cause: unknown): BakeError =>
  new BakeError({
    code: 'snapshots-left',
    message: `${imageId} is deregistered, and ${snapshotIds.join(', ')} could not be deleted: ${(cause as Error).message}`,
    hint: 'Delete them (ec2:DeleteSnapshot): they cost money, and no image leads to them any more.',
    blame: 'cloud',
    cause,
  });

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
