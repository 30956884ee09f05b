import type { ObservedImage, Site } from '../../model/promotion.ts';
import {
  type EC2Client,
  type Filter,
  type Image,
  paginateDescribeImages,
  paginateDescribeSnapshots,
  type Snapshot,
} from '../sdk/ec2.ts';
import { observedImage } from './observed-image.ts';

/** EC2's limit for the values of one filter. */
const VALUES_PER_FILTER = 200;

/** A filter, and not ids: a list of ids is an error as a whole while one of them is not known everywhere. */
export type Look = { readonly by: 'name' | 'source-image-id' | 'image-id'; readonly values: readonly string[] };

/**
 * Own AMIs in any state that one of the looks finds, oldest first, with their snapshots: one call for each look, and one.
 * Without `pending` nothing is asked of the snapshots of what is pending.
 */
export async function lookForImages(
  client: EC2Client,
  site: Site,
  looks: readonly Look[],
  { pending = true }: { readonly pending?: boolean } = {},
): Promise<readonly ObservedImage[]> {
  const found = await Promise.all(looks.map(({ by, values }) => describeImages(client, by, values)));
  const images = new Map(found.flat().map((image) => [image.ImageId ?? '', image]));
  const [snapshots, unlisted] = await Promise.all([
    snapshotsById(
      client,
      [...images.values()].filter(({ State }) => pending || State !== 'pending').flatMap(listedSnapshots),
    ),
    unlistedSnapshots(client, [...images.values()].filter(isDead)),
  ]);
  return [...images.values()]
    .flatMap((image) => observedImage(image, site, snapshots, unlisted.get(image.ImageId ?? '')) ?? [])
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.imageId.localeCompare(b.imageId));
}

const isDead = ({ State }: Image): boolean => State === 'failed' || State === 'error' || State === 'invalid';

const listedSnapshots = ({ BlockDeviceMappings = [] }: Image): readonly string[] =>
  BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);

export async function describeImages(
  client: EC2Client,
  by: string,
  values: readonly string[],
): Promise<readonly Image[]> {
  const found: Image[] = [];
  for (const Filters of filters(by, values)) {
    const query = { Owners: ['self'], Filters, IncludeDeprecated: true, IncludeDisabled: true };
    for await (const { Images = [] } of paginateDescribeImages({ client, pageSize: 1000 }, query))
      found.push(...Images);
  }
  return found;
}

async function describeSnapshots(
  client: EC2Client,
  by: string,
  values: readonly string[],
): Promise<readonly Snapshot[]> {
  const found: Snapshot[] = [];
  for (const Filters of filters(by, values)) {
    const query = { OwnerIds: ['self'], Filters };
    const pages = paginateDescribeSnapshots({ client, pageSize: 1000 }, query);
    for await (const { Snapshots = [] } of pages) found.push(...Snapshots);
  }
  return found;
}

export function filters(name: string, values: readonly string[]): readonly Filter[][] {
  const count = Math.ceil(values.length / VALUES_PER_FILTER);
  return Array.from({ length: count }, (_, n) => {
    const Values = values.slice(n * VALUES_PER_FILTER, (n + 1) * VALUES_PER_FILTER);
    return [{ Name: name, Values }];
  });
}

async function snapshotsById(client: EC2Client, ids: readonly string[]): Promise<ReadonlyMap<string, Snapshot>> {
  const found = await describeSnapshots(client, 'snapshot-id', ids);
  return new Map(found.map((snapshot) => [snapshot.SnapshotId ?? '', snapshot]));
}

/** A copy that failed may not list its snapshots, which say why it failed; EC2 writes into their description whose they are. */
async function unlistedSnapshots(
  client: EC2Client,
  dead: readonly Image[],
): Promise<ReadonlyMap<string, readonly Snapshot[]>> {
  const patterns = dead.map(({ ImageId }) => `Copied for DestinationAmi ${ImageId} *`);
  const found = await describeSnapshots(client, 'description', patterns);
  const ofImage = (image: Image) => {
    const listed = listedSnapshots(image);
    return found.filter(
      ({ SnapshotId = '', Description }) =>
        Description?.startsWith(`Copied for DestinationAmi ${image.ImageId} `) === true && !listed.includes(SnapshotId),
    );
  };
  return new Map(dead.map((image) => [image.ImageId ?? '', ofImage(image)]));
}
