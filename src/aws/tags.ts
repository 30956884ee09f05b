import type { Tags } from '../model/image.ts';
import {
  CreateTagsCommand,
  DeleteTagsCommand,
  type EC2Client,
  type ResourceType,
  type Tag,
  type TagSpecification,
} from './sdk/ec2.ts';

/** Sorted: a request that is repeated under its client token must be the same to the letter. */
export const tagList = (tags: Tags): Tag[] =>
  Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Key, Value]) => ({ Key, Value }));

export const tagsOf = (list: readonly Tag[] = []): Tags =>
  Object.fromEntries(list.map(({ Key = '', Value = '' }) => [Key, Value]));

export const tagSpecifications = (tags: Tags, ...types: readonly ResourceType[]): TagSpecification[] =>
  types.map((ResourceType) => ({ ResourceType, Tags: tagList(tags) }));

/** EC2's limit for one CreateTags or DeleteTags call. */
const RESOURCES_PER_CALL = 1000;

export async function createTags(client: EC2Client, resourceIds: readonly string[], tags: Tags): Promise<void> {
  for (let start = 0; start < resourceIds.length; start += RESOURCES_PER_CALL) {
    const Resources = resourceIds.slice(start, start + RESOURCES_PER_CALL);
    await client.send(new CreateTagsCommand({ Resources, Tags: tagList(tags) }));
  }
}

export async function deleteTags(
  client: EC2Client,
  resourceIds: readonly string[],
  keys: readonly string[],
): Promise<void> {
  const Tags = keys.map((Key) => ({ Key }));
  for (let start = 0; start < resourceIds.length; start += RESOURCES_PER_CALL) {
    const Resources = resourceIds.slice(start, start + RESOURCES_PER_CALL);
    await client.send(new DeleteTagsCommand({ Resources, Tags }));
  }
}
