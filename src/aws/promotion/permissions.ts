import { mapBounded } from '../../model/bounded.ts';
import type { Sharing } from '../../model/channel.ts';
import type { AccountId } from '../../model/ids.ts';
import type { ObservedImage, ObservedSnapshot } from '../../model/promotion.ts';
import { isAwsError } from '../errors.ts';
import {
  DescribeImageAttributeCommand,
  DescribeSnapshotAttributeCommand,
  type EC2Client,
  type LaunchPermission,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
} from '../sdk/ec2.ts';

/** EC2's limit for the changes of one ModifySnapshotAttribute call. */
const CHANGES_PER_CALL = 500;
/** Snapshots of one image that are asked at a time. */
const ASKED_AT_A_TIME = 4;

export async function readPermissions(client: EC2Client, image: ObservedImage): Promise<ObservedImage> {
  const [launchPermissions, snapshots] = await Promise.all([
    readLaunchPermissions(client, image.imageId),
    mapBounded(image.snapshots, ASKED_AT_A_TIME, (snapshot) => withVolumePermissions(client, snapshot)),
  ]);
  return { ...image, snapshots, launchPermissions };
}

export async function readLaunchPermissions(client: EC2Client, ImageId: string): Promise<Sharing> {
  const query = { ImageId, Attribute: 'launchPermission' as const };
  return sharingOf((await client.send(new DescribeImageAttributeCommand(query))).LaunchPermissions);
}

/** EC2 does not list what was deregistered, but knows it from what is not known everywhere yet. */
export async function isGone(client: EC2Client, ImageId: string): Promise<boolean> {
  try {
    await client.send(new DescribeImageAttributeCommand({ ImageId, Attribute: 'launchPermission' }));
    return false;
  } catch (error) {
    if (isAwsError(error, 'InvalidAMIID.NotFound')) return false;
    if (isAwsError(error, 'InvalidAMIID.Unavailable')) return true;
    throw error;
  }
}

async function withVolumePermissions(client: EC2Client, snapshot: ObservedSnapshot): Promise<ObservedSnapshot> {
  const query = { SnapshotId: snapshot.snapshotId, Attribute: 'createVolumePermission' as const };
  const { CreateVolumePermissions = [] } = await client.send(new DescribeSnapshotAttributeCommand(query));
  const accounts = CreateVolumePermissions.flatMap(({ UserId }) => (UserId ? [UserId as AccountId] : []));
  const isPublic = CreateVolumePermissions.some(({ Group }) => Group === 'all');
  return { ...snapshot, volumePermissions: { accounts: accounts.sort(), public: isPublic } };
}

/** Sorted, since EC2 keeps no order. */
function sharingOf(permissions: readonly LaunchPermission[] = []): Sharing {
  const values = (key: 'UserId' | 'OrganizationArn' | 'OrganizationalUnitArn') =>
    permissions.flatMap((permission) => permission[key] || []).sort();
  return {
    accounts: values('UserId') as AccountId[],
    organizations: values('OrganizationArn'),
    organizationalUnits: values('OrganizationalUnitArn'),
    public: permissions.some(({ Group }) => Group === 'all'),
  };
}

function permissionsOf(sharing: Sharing): LaunchPermission[] {
  return [
    ...sharing.accounts.map((UserId) => ({ UserId })),
    ...sharing.organizations.map((OrganizationArn) => ({ OrganizationArn })),
    ...sharing.organizationalUnits.map((OrganizationalUnitArn) => ({ OrganizationalUnitArn })),
    ...(sharing.public ? [{ Group: 'all' as const }] : []),
  ];
}

export async function changeLaunchPermissions(
  client: EC2Client,
  ImageId: string,
  change: 'Add' | 'Remove',
  sharing: Sharing,
): Promise<void> {
  const permissions = permissionsOf(sharing);
  if (permissions.length === 0) return;
  const LaunchPermission = { [change]: permissions };
  await client.send(new ModifyImageAttributeCommand({ ImageId, Attribute: 'launchPermission', LaunchPermission }));
}

export async function changeVolumePermissions(
  client: EC2Client,
  SnapshotId: string,
  OperationType: 'add' | 'remove',
  accounts: readonly AccountId[],
): Promise<void> {
  for (let start = 0; start < accounts.length; start += CHANGES_PER_CALL) {
    const UserIds = accounts.slice(start, start + CHANGES_PER_CALL);
    const change = { SnapshotId, Attribute: 'createVolumePermission' as const, OperationType, UserIds };
    await client.send(new ModifySnapshotAttributeCommand(change));
  }
}
