import type { SiteImages } from '../../run/promote-effects.ts';
import { copyImage } from '../copy-image.ts';
import { attemptingAt, isAwsError } from '../errors.ts';
import { removeImage } from '../removal.ts';
import {
  DisableImageDeregistrationProtectionCommand,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
} from '../sdk/ec2.ts';
import type { SiteClients } from '../sites.ts';
import { createTags, deleteTags } from '../tags.ts';
import { copyQuota, nameTaken, sharingQuota } from './errors.ts';
import { type Look, lookForImages } from './look.ts';
import { changeLaunchPermissions, changeVolumePermissions, isGone, readPermissions } from './permissions.ts';
import { type Waiting, whenVisible } from './waiting.ts';

type Clients = Pick<SiteClients, 'site' | 'connection' | 'ec2'>;

/** `waiting`: for what was just made or shared, and is not known everywhere yet. */
export function createSiteImages({ site, connection, ec2: client }: Clients, waiting: Waiting): SiteImages {
  const attempt = attemptingAt(site, connection);
  const change = (what: string, call: () => Promise<unknown>): Promise<void> =>
    attempt(what, async () => {
      await whenVisible(waiting, call);
    });
  const look = (...looks: readonly Look[]) => lookForImages(client, site, looks);
  return {
    site,

    find: ({ copiesOf, names, imageIds }) =>
      attempt('look for images', async () => {
        const wanted = new Set([...copiesOf, ...imageIds, ...names]);
        const found = await look(
          // Further attempts are named `<name>@<n>`.
          { by: 'name', values: names.map((name) => `${name}*`) },
          { by: 'source-image-id', values: copiesOf },
          { by: 'image-id', values: imageIds },
        );
        return found.filter(
          ({ imageId, name, copyOf }) =>
            wanted.has(imageId) ||
            wanted.has(name) ||
            wanted.has(name.replace(/@\d+$/, '')) ||
            (copyOf && wanted.has(copyOf.imageId)),
        );
      }),

    withPermissions: (image) =>
      attempt(`read the permissions of ${image.imageId}`, () =>
        whenVisible(waiting, () => readPermissions(client, image)),
      ),

    states: (imageIds, { withProgress } = { withProgress: true }) =>
      attempt('look at images', () =>
        lookForImages(client, site, [{ by: 'image-id', values: imageIds }], { pending: withProgress }),
      ),

    isGone: (imageId) => attempt(`look for ${imageId}`, () => isGone(client, imageId)),

    copy: (request) =>
      attempt(`copy ${request.source}`, async () => {
        try {
          return await whenVisible(waiting, () => copyImage(client, request));
        } catch (error) {
          if (isAwsError(error, 'ResourceLimitExceeded')) throw copyQuota(request.source, site, error);
          if (isAwsError(error, 'InvalidAMIName.Duplicate')) throw nameTaken(request.name, site, error);
          throw error;
        }
      }),

    tag: (resources, tags) => change(`tag ${resources.join(', ')}`, () => createTags(client, resources, tags)),

    untag: (resources, keys) => change('remove tags of an image', () => deleteTags(client, resources, keys)),

    addLaunchPermissions: (imageId, add) =>
      change(`share ${imageId}`, async () => {
        try {
          await changeLaunchPermissions(client, imageId, 'Add', add);
        } catch (error) {
          throw isAwsError(error, 'ResourceLimitExceeded') ? sharingQuota(imageId, site, error) : error;
        }
      }),

    removeLaunchPermissions: (imageId, remove) =>
      change(`stop sharing ${imageId}`, () => changeLaunchPermissions(client, imageId, 'Remove', remove)),

    addVolumePermissions: (snapshotId, accounts) =>
      change(`share ${snapshotId}`, () => changeVolumePermissions(client, snapshotId, 'add', accounts)),

    removeVolumePermissions: (snapshotId, accounts) =>
      change(`stop sharing ${snapshotId}`, () => changeVolumePermissions(client, snapshotId, 'remove', accounts)),

    deprecate: (imageId, at) =>
      change(`deprecate ${imageId}`, () =>
        client.send(new EnableImageDeprecationCommand({ ImageId: imageId, DeprecateAt: new Date(at) })),
      ),

    protect: (imageId, protection) =>
      change(`protect ${imageId} from being deregistered`, () => {
        if (protection === 'off')
          return client.send(new DisableImageDeregistrationProtectionCommand({ ImageId: imageId }));
        const WithCooldown = protection === 'with-cooldown';
        return client.send(new EnableImageDeregistrationProtectionCommand({ ImageId: imageId, WithCooldown }));
      }),

    removeFailed: ({ imageId, snapshots }) =>
      attempt(`remove ${imageId}`, async () => {
        const listed = snapshots.filter(({ device }) => device !== '').map(({ snapshotId }) => snapshotId);
        await removeImage(client, imageId, listed);
      }),
  };
}
