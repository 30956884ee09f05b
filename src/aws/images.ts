import { type KnownImage, newestFirst } from '../model/known-image.ts';
import { TAG } from '../model/tags.ts';
import type { Images } from '../run/effects.ts';
import type { AwsConnection } from './connection.ts';
import { attempting, imageNotFound, isAwsError } from './errors.ts';
import { knownImageOf } from './known-image.ts';
import {
  DescribeImagesCommand,
  type EC2Client,
  ModifyImageAttributeCommand,
  paginateDescribeImages,
} from './sdk/ec2.ts';
import { createTags, deleteTags, tagsOf } from './tags.ts';

export function createImages(client: EC2Client, connection: AwsConnection): Images {
  const attempt = attempting(connection);
  return {
    list: (project, image) =>
      attempt('list images', async () => {
        // By name and not by tag: an image that was never finished may have no tags yet.
        const filter = { Name: 'name', Values: [image === undefined ? `${project}/*` : `${project}/${image}/*`] };
        const query = { Owners: ['self'], Filters: [filter], IncludeDeprecated: true, IncludeDisabled: true };
        const found: KnownImage[] = [];
        for await (const page of paginateDescribeImages({ client, pageSize: 1000 }, query)) {
          for (const ami of page.Images ?? []) {
            const known = knownImageOf(project, ami);
            if (known !== undefined) found.push(known);
          }
        }
        return found.sort(newestFirst);
      }),

    taggedVersions: (project) =>
      attempt('list versions', async () => {
        const Filters = [{ Name: `tag:${TAG.project}`, Values: [project] }];
        const query = { Owners: ['self'], Filters, IncludeDeprecated: true, IncludeDisabled: true };
        const found = new Map<string, string[]>();
        for await (const { Images = [] } of paginateDescribeImages({ client, pageSize: 1000 }, query)) {
          for (const { [TAG.image]: image, [TAG.version]: version } of Images.map(({ Tags }) => tagsOf(Tags))) {
            if (image === undefined || version === undefined) continue;
            found.set(image, [...(found.get(image) ?? []), version]);
          }
        }
        return found;
      }),

    tag: (resourceIds, tags) => attempt('tag images', () => createTags(client, resourceIds, tags)),

    untag: (resourceIds, keys) => attempt('take tags off images', () => deleteTags(client, resourceIds, keys)),

    requireImdsV2: (imageId) =>
      attempt('require IMDSv2 of an image', async () => {
        const ImdsSupport = { Value: 'v2.0' };
        await client.send(new ModifyImageAttributeCommand({ ImageId: imageId, Attribute: 'imdsSupport', ImdsSupport }));
      }),

    snapshotsOf: (imageId) =>
      attempt('read an image', async () => {
        const { Images = [] } = await client
          .send(new DescribeImagesCommand({ ImageIds: [imageId] }))
          .catch((error: unknown) => {
            if (isAwsError(error, 'InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable')) return { Images: [] };
            throw error;
          });
        if (Images[0] === undefined) throw imageNotFound(imageId, connection);
        const mappings = Images[0].BlockDeviceMappings ?? [];
        return mappings.flatMap(({ Ebs }) => (Ebs?.SnapshotId ? [Ebs.SnapshotId] : []));
      }),
  };
}
