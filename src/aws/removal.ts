import { setTimeout as sleep } from 'node:timers/promises';
import { BakeError } from '../model/errors.ts';
import { isAwsError } from './errors.ts';
import {
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
} from './sdk/ec2.ts';

// Each removal may be repeated, and resolves to false where there was nothing left to remove.

export const deleteVolume = (client: EC2Client, VolumeId: string): Promise<boolean> =>
  unlessGone(() => client.send(new DeleteVolumeCommand({ VolumeId })));

export const deleteKeyPair = (client: EC2Client, KeyName: string): Promise<boolean> =>
  unlessGone(() => client.send(new DeleteKeyPairCommand({ KeyName })));

export const deleteSnapshot = (client: EC2Client, SnapshotId: string): Promise<boolean> =>
  unlessGone(() => client.send(new DeleteSnapshotCommand({ SnapshotId })));

const GROUP_ATTEMPTS = 8;
const GROUP_PAUSE = 2_000;

/** The network interface of an instance may hold on to its group for seconds after the instance has ended. */
export async function deleteSecurityGroup(client: EC2Client, GroupId: string): Promise<boolean> {
  for (let left = GROUP_ATTEMPTS; ; left--) {
    try {
      return await unlessGone(() => client.send(new DeleteSecurityGroupCommand({ GroupId })));
    } catch (error) {
      if (left === 1 || !isAwsError(error, 'DependencyViolation')) throw error;
      await sleep(GROUP_PAUSE);
    }
  }
}

/** Seconds for instances to end; security groups and volumes cannot go before. */
const TERMINATION_LIMIT = 300;

/** Also waits for those that somebody else is terminating. Throws `builder-not-terminated`. */
export async function endInstances(client: EC2Client, InstanceIds: string[], abortSignal?: AbortSignal): Promise<void> {
  if (InstanceIds.length === 0) return;
  await client.send(new TerminateInstancesCommand({ InstanceIds }));
  try {
    const limits = { client, maxWaitTime: TERMINATION_LIMIT, minDelay: 1, maxDelay: 5 };
    const stop = abortSignal === undefined ? {} : { abortSignal };
    await waitUntilInstanceTerminated({ ...limits, ...stop }, { InstanceIds });
  } catch (cause) {
    abortSignal?.throwIfAborted();
    throw new BakeError({
      code: 'builder-not-terminated',
      message: `${InstanceIds.join(', ')}: asked to terminate, and still there after ${TERMINATION_LIMIT} s`,
      hint: 'See to it that it ends: it costs money. bake sweep finds it again, and what can go after it.',
      blame: 'cloud',
      cause,
    });
  }
}

/**
 * Removes an AMI with its snapshots. One call takes those that it lists, so a kill leaves both or none. Those that it does
 * not list go first, as far as EC2 lets them: after it, nothing would lead to them. Resolves to the snapshots that went.
 */
export async function removeImage(
  client: EC2Client,
  imageId: string,
  listed: readonly string[],
): Promise<{ readonly removed: boolean; readonly snapshots: readonly string[] }> {
  const unlisted = (await snapshotsNaming(client, imageId)).filter((id) => !listed.includes(id));
  const gone = new Set<string>();
  const remove = async (snapshot: string): Promise<void> => {
    if (!gone.has(snapshot) && (await deleteUnused(client, snapshot))) gone.add(snapshot);
  };
  for (const snapshot of unlisted) await remove(snapshot);
  const deregistered = await deregister(client, imageId);
  for (const snapshot of deregistered ?? []) gone.add(snapshot);
  const failures = new Map<string, unknown>();
  for (const snapshot of [...listed, ...unlisted])
    await remove(snapshot).catch((error: unknown) => failures.set(snapshot, error));
  if (failures.size > 0) throw snapshotsLeft(imageId, failures);
  return { removed: deregistered !== undefined, snapshots: [...gone] };
}

function snapshotsLeft(imageId: string, failures: ReadonlyMap<string, unknown>): BakeError {
  const [cause] = failures.values();
  return new BakeError({
    code: 'snapshots-left',
    message: `${imageId} is deregistered, and ${[...failures.keys()].join(', ')} could not be deleted: ${(cause as Error).message}`,
    hint: 'Delete them (ec2:DeleteSnapshot): they cost money, and no image leads to them any more.',
    blame: 'cloud',
    cause,
  });
}

/** The snapshots that went with it; undefined: it was gone. */
async function deregister(client: EC2Client, ImageId: string): Promise<readonly string[] | undefined> {
  try {
    const command = new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true });
    const { DeleteSnapshotResults = [] } = await client.send(command);
    return DeleteSnapshotResults.flatMap(({ SnapshotId, ReturnCode }) =>
      SnapshotId !== undefined && ReturnCode === 'success' ? [SnapshotId] : [],
    );
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** One that is in use is another AMI's too, or still this one's. */
async function deleteUnused(client: EC2Client, SnapshotId: string): Promise<boolean> {
  try {
    return await deleteSnapshot(client, SnapshotId);
  } catch (error) {
    if (isAwsError(error, 'InvalidSnapshot.InUse')) return false;
    throw error;
  }
}

/** An AMI that is being made, or has failed, may not list its snapshots; EC2 writes into their description whose they are. */
async function snapshotsNaming(client: EC2Client, imageId: string): Promise<readonly string[]> {
  const Values = [`Created by CreateImage(*) for ${imageId}*`, `Copied for DestinationAmi ${imageId} *`];
  const query = { OwnerIds: ['self'], Filters: [{ Name: 'description', Values }] };
  const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand(query));
  return Snapshots.flatMap(({ SnapshotId }) => SnapshotId ?? []);
}

async function unlessGone(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

const isGone = (error: unknown): boolean =>
  isAwsError(
    error,
    'InvalidInstanceID.NotFound',
    'InvalidVolume.NotFound',
    'InvalidSnapshot.NotFound',
    'InvalidGroup.NotFound',
    'InvalidAMIID.NotFound',
    'InvalidAMIID.Unavailable',
    'InvalidKeyPair.NotFound',
  );
