import { setTimeout as sleep } from 'node:timers/promises';
import { TAG } from '../model/tags.ts';
import type { BuilderOwner, Leftovers } from '../run/effects.ts';
import { deleteKeyPair, deleteSecurityGroup, deleteVolume, endInstances, removeImage } from './removal.ts';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Filter,
  type Image,
  type Instance,
} from './sdk/ec2.ts';

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
  const attempt = async (call: () => Promise<unknown>): Promise<void> => {
    try {
      await call();
    } catch (error) {
      failures.push(error);
    }
  };
  const remove = (what: string, call: () => Promise<boolean>) =>
    attempt(async () => {
      if (await call()) removed.push(what);
    });

  await attempt(async () => {
    const instances = await terminateInstances(client, ours, leftovers.launching ?? false);
    removed.push(...instances.map((id) => `instance ${id}`));
  });
  await attempt(async () => {
    const looks = leftovers.copying ? LOOKS_AGAIN : 0;
    for (const image of await lookAgain(looks, () => unfinishedImages(client, leftovers.amiName))) {
      await attempt(async () => {
        const { removed: there, snapshots } = await removeImage(client, ...partsOf(image));
        if (there) removed.push(`image ${image.ImageId}`);
        removed.push(...snapshots.map((id) => `snapshot ${id}`));
      });
    }
  });
  await attempt(async () => {
    const { Volumes = [] } = await client.send(new DescribeVolumesCommand({ Filters: ours }));
    for (const { VolumeId = '', State } of Volumes) {
      // A root volume goes with its instance, but is listed for a while, and deleting it twice is an error.
      if (State === 'deleting' || State === 'deleted') continue;
      await remove(`volume ${VolumeId}`, () => deleteVolume(client, VolumeId));
    }
  });
  await attempt(async () => {
    const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({ Filters: ours }));
    for (const { GroupId = '' } of SecurityGroups) {
      await remove(`security group ${GroupId}`, () => deleteSecurityGroup(client, GroupId));
    }
  });
  await attempt(async () => {
    if (leftovers.keepReservation) return;
    const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters: ours }));
    for (const { KeyName = '' } of KeyPairs) {
      await remove(`key pair ${KeyName}`, () => deleteKeyPair(client, KeyName));
    }
  });
  if (failures.length > 0) throw failures[0];
  return removed;
}

/** An AMI that was made for a while, with its snapshots; not an error when there is none. */
export async function removeTemporaryImage(client: EC2Client, name: string): Promise<void> {
  for (const image of await lookAgain(LOOKS_AGAIN, () => unfinishedImages(client, name)))
    await removeImage(client, ...partsOf(image));
}

const partsOf = ({ ImageId = '', BlockDeviceMappings = [] }: Image): [string, string[]] => [
  ImageId,
  BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []),
];

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
  await endInstances(client, InstanceIds);
  return InstanceIds;
}

/** EC2 lists a new instance by its tags a moment after RunInstances has answered, or has not been heard any more. */
const LOOKS_AGAIN = 6;
const LOOK_PAUSE = 1_000;

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
