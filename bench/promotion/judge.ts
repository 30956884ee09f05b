import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeSnapshotAttributeCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  type Image,
  type Tag,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { Tags } from '../../src/model/image.ts';
import { amiName, type Call, type Cloud, HOME, PARTNER, REGIONS, tagsOf } from './cloud.ts';

/** How many of the copies have it right. */
export interface Verdict {
  /** The image that was baked, in its own region. */
  readonly source: number;
  readonly copies: number;
  readonly imageTags: number;
  readonly snapshotTags: number;
  readonly launch: number;
  readonly volumes: number;
  readonly deprecated: number;
  readonly keys: number;
  readonly pointers: number;
}

const NONE: Verdict = {
  source: 0,
  copies: 0,
  imageTags: 0,
  snapshotTags: 0,
  launch: 0,
  volumes: 0,
  deprecated: 0,
  keys: 0,
  pointers: 0,
};

export async function judge(
  cloud: Cloud,
  images: readonly string[],
  keys: Readonly<Record<string, string>> = {},
): Promise<Verdict> {
  const verdicts: Verdict[] = [];
  for (const image of images) {
    const source = await available(cloud.server.ec2(HOME), image);
    verdicts.push({ ...NONE, source: source === undefined ? 0 : 1 });
    for (const region of REGIONS) verdicts.push(await judgeCopy(cloud, region, image, keys[region]));
  }
  return verdicts.reduce((sum, one) => {
    const added = Object.entries(sum).map(([what, count]) => [what, count + one[what as keyof Verdict]]);
    return Object.fromEntries(added) as Verdict;
  }, NONE);
}

async function available(client: EC2Client, image: string): Promise<Image | undefined> {
  const Filters = [
    { Name: 'name', Values: [amiName(image), `${amiName(image)}@*`] },
    { Name: 'state', Values: ['available'] },
  ];
  return (await client.send(new DescribeImagesCommand({ Owners: ['self'], Filters }))).Images?.[0];
}

async function judgeCopy(cloud: Cloud, region: string, image: string, key: string | undefined): Promise<Verdict> {
  const client = cloud.server.ec2(region);
  const found = await available(client, image);
  if (found === undefined) return NONE;
  const { ImageId } = found;
  const [SnapshotId = ''] = (found.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
  const launch = await client.send(new DescribeImageAttributeCommand({ ImageId, Attribute: 'launchPermission' }));
  const Attribute = 'createVolumePermission' as const;
  const volumes = await client.send(new DescribeSnapshotAttributeCommand({ SnapshotId, Attribute }));
  const { Snapshots: [snapshot] = [] } = await client.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
  const wanted = tagsOf(image);
  const count = (is: boolean | undefined): number => (is === true ? 1 : 0);
  return {
    source: 0,
    copies: 1,
    imageTags: count(has(found.Tags, wanted)),
    snapshotTags: count(has(snapshot?.Tags, wanted)),
    launch: count(launch.LaunchPermissions?.some(({ UserId }) => UserId === PARTNER)),
    volumes: count(volumes.CreateVolumePermissions?.some(({ UserId }) => UserId === PARTNER)),
    deprecated: count(found.DeprecationTime !== undefined),
    keys: count(key !== undefined && snapshot?.KmsKeyId === key),
    pointers: count((await pointer(cloud, region, image)) === ImageId),
  };
}

const has = (tags: readonly Tag[] = [], wanted: Tags): boolean =>
  Object.entries(wanted).every(([key, value]) => tags.some(({ Key, Value }) => Key === key && Value === value));

async function pointer(cloud: Cloud, region: string, image: string): Promise<string | undefined> {
  const ssm = cloud.ssm(region);
  try {
    return (await ssm.send(new GetParameterCommand({ Name: `/acme/prod/${image}` }))).Parameter?.Value;
  } catch {
    return undefined;
  } finally {
    ssm.destroy();
  }
}

/** What the copying took. Packer bakes first: what it did before the first copy is not counted. */
export interface Cost {
  readonly seconds: number;
  /** From the first CopyImage. */
  readonly copying: number;
  readonly calls: number;
  readonly actions: ReadonlyMap<string, number>;
  /** DescribeImages of one region within any second while copies were under way: the most, of all regions. */
  readonly polls: number;
  /** Calls of all regions while copies were under way there. */
  readonly waiting: number;
  /** CopyImage, without those that only ask whether it is allowed. */
  readonly copies: number;
}

export function costOf(
  calls: readonly Call[],
  { startedAt, endedAt, copySeconds }: { startedAt: number; endedAt: number; copySeconds: number },
): Cost {
  const copies = calls.filter(({ action, mutating }) => action === 'CopyImage' && mutating);
  const counted = calls.filter(({ at }) => at >= startedAt);
  const actions = new Map<string, number>();
  for (const { action } of counted) actions.set(action, (actions.get(action) ?? 0) + 1);
  const waiting = REGIONS.map((region) => {
    const there = copies.filter((call) => call.region === region).map(({ at }) => at);
    // From the last copy's beginning to the first one's end.
    const [from, to] = [Math.max(...there), Math.min(...there) + copySeconds];
    return calls.filter((call) => call.region === region && call.at > from && call.at < to);
  });
  const polls = waiting.flatMap((all) => {
    const looks = all.filter(({ action }) => action === 'DescribeImages').map(({ at }) => at);
    // A little less than the second between polls: they do not come to the millisecond.
    return looks.map((at) => looks.filter((one) => one >= at && one < at + 0.9).length);
  });
  return {
    seconds: endedAt - startedAt,
    copying: endedAt - (copies[0]?.at ?? endedAt),
    calls: counted.length,
    actions,
    polls: Math.max(0, ...polls),
    waiting: waiting.flat().length,
    copies: copies.length,
  };
}
