import { mapBounded } from '../../model/bounded.ts';
import { targetId } from '../../model/channel.ts';
import type { Reference } from '../../model/prune.ts';
import { isAwsError } from '../errors.ts';
import { filters } from '../promotion/look.ts';
import {
  type EC2Client,
  paginateDescribeImageReferences,
  paginateDescribeInstances,
  paginateDescribeLaunchTemplates,
  paginateDescribeLaunchTemplateVersions,
} from '../sdk/ec2.ts';
import type { SiteClients } from '../sites.ts';

type Clients = Pick<SiteClients, 'site' | 'ec2'>;

/** An instance that has ended needs no AMI; EC2 lists it for an hour. */
const LIVING = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];
/** EC2 looks at ten versions unless it is told; this is the most. */
const EVERY_VERSION = '10000';
const IDS_PER_CALL = 100;
const TEMPLATES = 4;
const KINDS: Readonly<Record<string, string>> = {
  'ec2:Instance': 'instance',
  'ec2:LaunchTemplate': 'launch template',
  'ssm:Parameter': 'parameter',
};

/** By EC2's own list where it has one, else by looking. */
export async function findReferences(clients: Clients, imageIds: readonly string[]): Promise<readonly Reference[]> {
  try {
    return await listedReferences(clients, imageIds);
  } catch (error) {
    // Regions and emulators that do not have the call. Whoever may not make it has to be told.
    if (!isAwsError(error, 'InvalidAction', 'UnknownOperationException', 'UnsupportedOperation')) throw error;
    return lookForReferences(clients, imageIds);
  }
}

async function listedReferences({ site, ec2: client }: Clients, imageIds: readonly string[]) {
  const found: Reference[] = [];
  const option = <T extends string>(OptionName: T, OptionValues: string[]) => [{ OptionName, OptionValues }];
  const ResourceTypes = [
    { ResourceType: 'ec2:Instance' as const, ResourceTypeOptions: option('state-name', LIVING) },
    { ResourceType: 'ec2:LaunchTemplate' as const, ResourceTypeOptions: option('version-depth', [EVERY_VERSION]) },
    { ResourceType: 'ssm:Parameter' as const },
    { ResourceType: 'imagebuilder:ImageRecipe' as const },
    { ResourceType: 'imagebuilder:ContainerRecipe' as const },
  ];
  for (let start = 0; start < imageIds.length; start += IDS_PER_CALL) {
    const query = { ImageIds: imageIds.slice(start, start + IDS_PER_CALL), ResourceTypes };
    for await (const { ImageReferences = [] } of paginateDescribeImageReferences({ client }, query)) {
      for (const { ImageId: imageId = '', ResourceType = '', Arn: name = '' } of ImageReferences)
        found.push({ imageId, kind: KINDS[ResourceType] ?? ResourceType, name, where: targetId(site) });
    }
  }
  return found;
}

/** Also of AMIs that another account shares. Parameters are asked for by name elsewhere. */
export async function lookForReferences(clients: Clients, imageIds: readonly string[]): Promise<readonly Reference[]> {
  const where = targetId(clients.site);
  const [instances, templates] = await Promise.all([
    instancesOf(clients.ec2, imageIds),
    templatesOf(clients.ec2, imageIds),
  ]);
  return [
    ...instances.map((one) => ({ ...one, kind: 'instance', where })),
    ...templates.map((one) => ({ ...one, kind: 'launch template', where })),
  ];
}

interface Found {
  readonly imageId: string;
  readonly name: string;
}

async function instancesOf(client: EC2Client, imageIds: readonly string[]): Promise<readonly Found[]> {
  const found: Found[] = [];
  const living = { Name: 'instance-state-name', Values: LIVING };
  for (const filter of filters('image-id', imageIds)) {
    const query = { Filters: [...filter, living] };
    for await (const { Reservations = [] } of paginateDescribeInstances({ client, pageSize: 1000 }, query)) {
      for (const { Instances = [] } of Reservations)
        for (const { ImageId: imageId = '', InstanceId: name = '' } of Instances) found.push({ imageId, name });
    }
  }
  return found;
}

async function templatesOf(client: EC2Client, imageIds: readonly string[]): Promise<readonly Found[]> {
  const ids: string[] = [];
  for await (const { LaunchTemplates = [] } of paginateDescribeLaunchTemplates({ client, pageSize: 200 }, {}))
    ids.push(...LaunchTemplates.flatMap(({ LaunchTemplateId }) => LaunchTemplateId ?? []));
  const wanted = new Set(imageIds);
  const found = await mapBounded(ids, TEMPLATES, (id) => versionsOf(client, id));
  return found.flat().filter(({ imageId }) => wanted.has(imageId));
}

async function versionsOf(client: EC2Client, LaunchTemplateId: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  try {
    const pages = paginateDescribeLaunchTemplateVersions({ client, pageSize: 200 }, { LaunchTemplateId });
    for await (const { LaunchTemplateVersions = [] } of pages) {
      for (const { LaunchTemplateData, LaunchTemplateName = '', VersionNumber } of LaunchTemplateVersions)
        found.push({
          imageId: LaunchTemplateData?.ImageId ?? '',
          name: `${LaunchTemplateName} version ${VersionNumber}`,
        });
    }
  } catch (error) {
    // Deleted since it was listed.
    if (!isAwsError(error, 'InvalidLaunchTemplateId.NotFound')) throw error;
  }
  return found;
}
