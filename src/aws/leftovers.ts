import { setTimeout as sleep } from 'node:timers/promises';
import { BakeError } from '../model/errors.ts';
import { TAG } from '../model/tags.ts';
import type { BuilderOwner, Leftovers } from '../run/effects.ts';
import { isAwsError } from './errors.ts';
import {
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Filter,
  type Image,
  type Instance,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
} from './sdk/ec2.ts';

/** Seconds for instances to end; security groups and volumes cannot go before. */
const TERMINATION_LIMIT = 300;

/**
 * Removes what a bake of ours left, whatever state it was stopped in: look first, then delete; repeating it is harmless.
 * Found by run id, image and architecture, so a living bake of the same run is not touched; the AMI by its reserved name,
 * and only when it was never finished (no fingerprint).
 */
export async function removeLeftovers(client: EC2Client, leftovers: Leftovers): Promise<readonly string[]> {
  const ours = ownersFilter(leftovers);
  const removed: string[] = [];
  const failures: unknown[] = [];
  // One thing that cannot be removed is no reason to leave the others: above all not the reservation, which comes last.
  const attempt = async (call: () => Promise<unknown>): Promise<boolean> => {
    try {
      await call();
      return true;
    } catch (error) {
      if (!isGone(error)) failures.push(error);
      return false;
    }
  };
  const remove = async (what: string, call: () => Promise<unknown>) => {
    if (await attempt(call)) removed.push(what);
  };

  await attempt(async () => {
    const instances = await terminateInstances(client, ours, leftovers.launching ?? false);
    removed.push(...instances.map((id) => `instance ${id}`));
  });
  await attempt(async () => {
    const looks = leftovers.copying ? LOOKS_AGAIN : 0;
    for (const image of await lookAgain(looks, () => unfinishedImages(client, leftovers.amiName))) {
      await removeImage(client, image, remove);
    }
  });
  await attempt(async () => {
    const { Volumes = [] } = await client.send(new DescribeVolumesCommand({ Filters: ours }));
    for (const { VolumeId, State } of Volumes) {
      // A root volume goes with its instance, but is listed for a while, and deleting it twice is an error.
      if (State === 'deleting' || State === 'deleted') continue;
      await remove(`volume ${VolumeId}`, () => client.send(new DeleteVolumeCommand({ VolumeId })));
    }
  });
  await attempt(async () => {
    const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({ Filters: ours }));
    for (const { GroupId } of SecurityGroups) {
      await remove(`security group ${GroupId}`, () => deleteSecurityGroup(client, GroupId));
    }
  });
  await attempt(async () => {
    if (leftovers.keepReservation) return;
    const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters: ours }));
    for (const { KeyName } of KeyPairs) {
      await remove(`key pair ${KeyName}`, () => client.send(new DeleteKeyPairCommand({ KeyName })));
    }
  });
  if (failures.length > 0) throw failures[0];
  return removed;
}

/** An AMI that was made for a while, with its snapshots; not an error when there is none. */
export async function removeTemporaryImage(client: EC2Client, name: string): Promise<void> {
  for (const image of await lookAgain(LOOKS_AGAIN, () => unfinishedImages(client, name))) {
    await removeImage(client, image, async (_, call) => {
      await call().catch((error: unknown) => {
        if (!isGone(error)) throw error;
      });
    });
  }
}

async function removeImage(
  client: EC2Client,
  image: Image,
  remove: (what: string, call: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  // Looked for before: a snapshot says by its AMI alone whose it is.
  const snapshots = await snapshotsOf(client, image);
  await remove(`image ${image.ImageId}`, () => client.send(new DeregisterImageCommand({ ImageId: image.ImageId })));
  for (const SnapshotId of snapshots) {
    await remove(`snapshot ${SnapshotId}`, () => client.send(new DeleteSnapshotCommand({ SnapshotId })));
  }
}

/** What was just made may not be listed yet. */
async function lookAgain<T>(times: number, look: () => Promise<readonly T[]>): Promise<readonly T[]> {
  for (let left = times; ; left--) {
    const found = await look();
    if (found.length > 0 || left <= 0) return found;
    await sleep(LOOK_PAUSE);
  }
}

function ownersFilter({ run, image, architecture }: BuilderOwner): Filter[] {
  return [
    { Name: `tag:${TAG.run}`, Values: [run] },
    { Name: `tag:${TAG.image}`, Values: [image] },
    { Name: `tag:${TAG.architecture}`, Values: [architecture] },
  ];
}

/** Also waits for those that somebody else is terminating: their groups and volumes are in use until then. */
async function terminateInstances(
  client: EC2Client,
  ours: readonly Filter[],
  launching: boolean,
): Promise<readonly string[]> {
  // One that has ended already, as Packer's own clean-up leaves it, is not waited for.
  const look = () => instancesIn(client, ours, [...LIVING, 'shutting-down', 'terminated']);
  const found = await lookAgain(launching ? LOOKS_AGAIN : 0, look);
  const living = found.filter(({ State }) => State?.Name !== 'terminated');
  const InstanceIds = living.flatMap(({ InstanceId }) => InstanceId ?? []);
  if (InstanceIds.length === 0) return [];
  await client.send(new TerminateInstancesCommand({ InstanceIds }));
  try {
    const limits = { client, maxWaitTime: TERMINATION_LIMIT, minDelay: 1, maxDelay: 5 };
    await waitUntilInstanceTerminated(limits, { InstanceIds });
  } catch (cause) {
    throw new BakeError({
      code: 'builder-not-terminated',
      message: `${InstanceIds.join(', ')}: asked to terminate, and still there after ${TERMINATION_LIMIT} s`,
      hint: 'See to it that it ends: it costs money. Its security group can be deleted after it.',
      blame: 'cloud',
      cause,
    });
  }
  return InstanceIds;
}

/** EC2 lists a new instance by its tags a moment after RunInstances has answered, or has not been heard any more. */
const LOOKS_AGAIN = 6;
const LOOK_PAUSE = 1_000;

/** The network interface of an instance may hold on to its group for seconds after the instance has ended. */
async function deleteSecurityGroup(client: EC2Client, GroupId: string | undefined): Promise<void> {
  for (let left = GROUP_ATTEMPTS; ; left--) {
    try {
      await client.send(new DeleteSecurityGroupCommand({ GroupId }));
      return;
    } catch (error) {
      if (left === 1 || !isAwsError(error, 'DependencyViolation')) throw error;
      await sleep(GROUP_PAUSE);
    }
  }
}

const GROUP_ATTEMPTS = 8;
const GROUP_PAUSE = 2_000;

const LIVING = ['pending', 'running', 'stopping', 'stopped'];

/** Builders of a bake that have not ended. */
export async function livingInstances(client: EC2Client, bake: BuilderOwner) {
  const found = await instancesIn(client, ownersFilter(bake), LIVING);
  return found.flatMap(({ InstanceId: instanceId, PublicIpAddress, PrivateIpAddress }) =>
    instanceId === undefined ? [] : [{ instanceId, address: PublicIpAddress ?? PrivateIpAddress }],
  );
}

/** Why EC2 has ended the builder that was launched last; what a person or Packer ends has a reason of `Client`. */
export async function endedBy(client: EC2Client, bake: BuilderOwner): Promise<string | undefined> {
  const found = await instancesIn(client, ownersFilter(bake), [...LIVING, 'shutting-down', 'terminated']);
  const launched = ({ LaunchTime }: Instance): number => LaunchTime?.getTime() ?? 0;
  const last = found.toSorted((a, b) => launched(b) - launched(a))[0];
  const code = last?.StateReason?.Code;
  return code?.startsWith('Server.') ? code : undefined;
}

async function instancesIn(client: EC2Client, filters: readonly Filter[], states: string[]): Promise<Instance[]> {
  const inState = { Name: 'instance-state-name', Values: states };
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters: [...filters, inState] }));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

/** A finished AMI of that name has a fingerprint and is somebody's result. */
async function unfinishedImages(client: EC2Client, name: string | undefined): Promise<readonly Image[]> {
  if (name === undefined) return [];
  const query = { Owners: ['self'], Filters: [{ Name: 'name', Values: [name] }] };
  const { Images = [] } = await client.send(new DescribeImagesCommand(query));
  return Images.filter(({ Tags = [] }) => Tags.every(({ Key }) => Key !== TAG.fingerprint));
}

/** An AMI that is being made may not list its snapshots yet; EC2 writes into their description whose they are. */
export async function snapshotsOf(
  client: EC2Client,
  { ImageId, BlockDeviceMappings = [] }: Image,
): Promise<Iterable<string>> {
  const Values = [`Created by CreateImage(*) for ${ImageId}*`, `Copied for DestinationAmi ${ImageId} *`];
  const query = { OwnerIds: ['self'], Filters: [{ Name: 'description', Values }] };
  const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand(query));
  const listed = BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
  return new Set([...listed, ...Snapshots.flatMap(({ SnapshotId }) => SnapshotId ?? [])]);
}

function isGone(error: unknown): boolean {
  return isAwsError(
    error,
    'InvalidInstanceID.NotFound',
    'InvalidVolume.NotFound',
    'InvalidSnapshot.NotFound',
    'InvalidGroup.NotFound',
    'InvalidAMIID.NotFound',
    'InvalidAMIID.Unavailable',
    'InvalidKeyPair.NotFound',
  );
}
