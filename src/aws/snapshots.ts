import type { SnapshotFacts, Snapshots } from '../run/effects.ts';
import type { AwsConnection } from './connection.ts';
import { attempting } from './errors.ts';
import { type EC2Client, paginateDescribeSnapshots } from './sdk/ec2.ts';

/** Snapshots in the connection's region. */
export function createSnapshots(client: EC2Client, connection: AwsConnection): Snapshots {
  const attempt = attempting(connection);
  return {
    find: (ids) =>
      attempt('look at snapshots', async () => {
        // A filter, since a list of ids is an error as a whole where one of them is not there.
        const Filters = [{ Name: 'snapshot-id', Values: [...ids] }];
        const found = new Map<string, SnapshotFacts>();
        for await (const { Snapshots = [] } of paginateDescribeSnapshots({ client }, { Filters })) {
          for (const { SnapshotId = '', VolumeSize = 0, State = 'pending' } of Snapshots)
            found.set(SnapshotId, { sizeGiB: VolumeSize, state: State });
        }
        return found;
      }),
  };
}
