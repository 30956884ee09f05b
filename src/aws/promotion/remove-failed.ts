import type { ObservedImage } from '../../model/promotion.ts';
import { deleteSnapshot, deregisterImage } from '../deregister.ts';
import { snapshotsOf } from '../leftovers.ts';
import type { EC2Client } from '../sdk/ec2.ts';

export async function removeFailedImage(
  client: EC2Client,
  { imageId: ImageId, snapshots }: ObservedImage,
): Promise<void> {
  const listed = new Set(snapshots.filter(({ device }) => device !== '').map(({ snapshotId }) => snapshotId));
  // Those that the AMI does not list go first: after it, nothing would lead to them.
  for (const SnapshotId of await snapshotsOf(client, { ImageId }))
    if (!listed.has(SnapshotId)) await deleteSnapshot(client, SnapshotId);
  await deregisterImage(client, ImageId, listed);
}
