import type { SeenImage, SeenInstance, SeenSnapshot } from '../model/sweep.ts';
import { TAG } from '../model/tags.ts';
import {
  type EC2Client,
  type Filter,
  type Image,
  paginateDescribeImages,
  paginateDescribeSnapshots,
  type Snapshot,
} from './sdk/ec2.ts';
import { tagsOf } from './tags.ts';

const PAGE = 1000;
/** EC2's limit for the values of one filter. */
const VALUES_PER_FILTER = 200;

interface Listed {
  readonly images: readonly SeenImage[];
  readonly instances: readonly SeenInstance[];
}

/**
 * Snapshots with the project's tag, and those without that EC2's description lays at the door of an AMI that is not
 * finished or of an instance of the project: Packer 1.6.6 tags afterwards.
 */
export async function projectSnapshots(
  client: EC2Client,
  ours: Filter[],
  { images, instances }: Listed,
): Promise<readonly SeenSnapshot[]> {
  const doubtful = images.filter(({ tags, state }) => tags[TAG.fingerprint] === undefined || state !== 'available');
  const descriptions = [
    ...doubtful.flatMap(({ id }) => [`Created by CreateImage(*) for ${id}*`, `Copied for DestinationAmi ${id} *`]),
    ...instances.map(({ id }) => `Created by CreateImage(${id}) for *`),
  ];
  const [tagged, described] = await Promise.all([
    describe(client, ours),
    inParts(descriptions, (Values) => describe(client, [{ Name: 'description', Values }])),
  ]);
  const found = new Map([...tagged, ...described].map((snapshot) => [snapshot.SnapshotId ?? '', snapshot]));
  found.delete('');
  const listed = new Set(images.flatMap(({ snapshots }) => snapshots));
  const used = await usedByAny(
    client,
    [...found.keys()].filter((id) => !listed.has(id)),
  );
  return [...found.values()].map((snapshot) => seenSnapshot(snapshot, new Set([...listed, ...used])));
}

function seenSnapshot(snapshot: Snapshot, used: ReadonlySet<string>): SeenSnapshot {
  const { SnapshotId: id = '', Description = '', StartTime, Tags } = snapshot;
  const madeFor = madeForOf(Description);
  const tags = tagsOf(Tags);
  return {
    kind: 'snapshot',
    id,
    name: tags.Name ?? '',
    tags,
    ...(StartTime === undefined ? {} : { createdAt: StartTime.toISOString() }),
    ...(madeFor === undefined ? {} : { madeFor }),
    inUse: used.has(id),
  };
}

function madeForOf(description: string): SeenSnapshot['madeFor'] {
  const [, instance = '', made] =
    /^Created by CreateImage\((i-[0-9a-f]+)\) for (ami-[0-9a-f]+)/.exec(description) ?? [];
  if (made !== undefined) return { image: made, instance };
  const [, copy] = /^Copied for DestinationAmi (ami-[0-9a-f]+) /.exec(description) ?? [];
  return copy === undefined ? undefined : { image: copy };
}

/** Those of the snapshots that an AMI of whatever name has. */
async function usedByAny(client: EC2Client, snapshots: readonly string[]): Promise<readonly string[]> {
  const images = await inParts(snapshots, async (Values) => {
    const Filters = [{ Name: 'block-device-mapping.snapshot-id', Values }];
    const query = { Owners: ['self'], Filters, IncludeDeprecated: true, IncludeDisabled: true };
    const found: Image[] = [];
    for await (const { Images = [] } of paginateDescribeImages({ client, pageSize: PAGE }, query))
      found.push(...Images);
    return found;
  });
  return images.flatMap(({ BlockDeviceMappings = [] }) =>
    BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []),
  );
}

async function describe(client: EC2Client, Filters: Filter[]): Promise<readonly Snapshot[]> {
  const found: Snapshot[] = [];
  const query = { OwnerIds: ['self'], Filters };
  for await (const { Snapshots = [] } of paginateDescribeSnapshots({ client, pageSize: PAGE }, query))
    found.push(...Snapshots);
  return found;
}

async function inParts<T>(
  values: readonly string[],
  ask: (part: string[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let start = 0; start < values.length; start += VALUES_PER_FILTER)
    found.push(...(await ask(values.slice(start, start + VALUES_PER_FILTER))));
  return found;
}
