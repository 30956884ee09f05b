import { NOT_SHARED, targetId } from '../../model/channel.ts';
import { unreachable } from '../../model/events.ts';
import type { RetireStep } from '../../model/prune.ts';
import { TAG } from '../../model/tags.ts';
import type { PruneSite } from '../../run/prune-effects.ts';
import { attemptingAt, isAwsError } from '../errors.ts';
import { describeImages, lookForImages } from '../promotion/look.ts';
import { readParameters } from '../promotion/parameters.ts';
import { changeLaunchPermissions, readLaunchPermissions } from '../promotion/permissions.ts';
import { removeImage } from '../removal.ts';
import {
  DescribeKeyPairsCommand,
  DisableImageCommand,
  DisableImageDeprecationCommand,
  DisableImageDeregistrationProtectionCommand,
  type EC2Client,
  EnableImageCommand,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
} from '../sdk/ec2.ts';
import type { SiteClients } from '../sites.ts';
import { createTags, deleteTags, tagsOf } from '../tags.ts';
import { coolingDown } from './errors.ts';
import { findReferences, lookForReferences } from './references.ts';

type Clients = Pick<SiteClients, 'site' | 'connection' | 'ec2' | 'ssm'>;

/** `open`: roles are assumed, and credentials refused, by the call that is in need of them. */
export function createPruneSite(site: Clients['site'], open: () => Clients): PruneSite {
  const attempt = async <T>(what: string, call: (clients: Clients) => Promise<T>): Promise<T> => {
    const clients = open();
    return attemptingAt(site, clients.connection)(what, () => call(clients));
  };
  return {
    site,

    list: (project) =>
      attempt('list images', ({ ec2 }) => lookForImages(ec2, site, [{ by: 'name', values: [`${project}/*`] }])),

    reservations: (project) =>
      attempt('list reservations', async ({ ec2 }) => {
        const Filters = [{ Name: 'key-name', Values: [`bake/${project}/*`] }];
        const { KeyPairs = [] } = await ec2.send(new DescribeKeyPairsCommand({ Filters }));
        return KeyPairs.map(({ KeyName: name = '', CreateTime, Tags }) => {
          const aliveUntil = tagsOf(Tags)[TAG.alive];
          const createdAt = CreateTime?.toISOString() ?? '';
          return { name, createdAt, ...(aliveUntil === undefined ? {} : { aliveUntil }) };
        });
      }),

    bakedFrom: (imageIds) =>
      attempt('look for what was baked from images', async ({ ec2 }) => {
        const found = await describeImages(ec2, `tag:${TAG.sourceAmi}`, imageIds);
        return new Map(found.map(({ Tags, Name = '' }) => [tagsOf(Tags)[TAG.sourceAmi] ?? '', Name]));
      }),

    references: (imageIds, own) =>
      attempt('look for what refers to images', (clients) =>
        own ? findReferences(clients, imageIds) : lookForReferences(clients, imageIds),
      ),

    parameters: (names) =>
      attempt('read parameters', async ({ ssm }) =>
        [...(await readParameters(ssm, names))].map(([name, { imageId }]) => {
          return { imageId, kind: 'parameter', name, where: targetId(site) };
        }),
      ),

    launchPermissions: (imageId) =>
      attempt(`read who may launch ${imageId}`, ({ ec2 }) => readLaunchPermissions(ec2, imageId)),

    take: (step) => attempt(`${step.do} ${step.imageId}`, ({ ec2 }) => take(ec2, step)),
  };
}

async function take(client: EC2Client, step: RetireStep): Promise<void> {
  const ImageId = step.imageId;
  switch (step.do) {
    case 'mark':
      return createTags(client, [ImageId], step.tags);
    case 'unmark':
      return deleteTags(client, [ImageId], step.keys);
    case 'deprecate':
      await client.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt: new Date(step.at) }));
      return;
    case 'undeprecate':
      await client.send(new DisableImageDeprecationCommand({ ImageId }));
      return;
    case 'disable':
      await client.send(new DisableImageCommand({ ImageId }));
      return;
    case 'enable':
      await client.send(new EnableImageCommand({ ImageId }));
      return;
    case 'share':
      return changeLaunchPermissions(client, ImageId, 'Add', { ...NOT_SHARED, ...step.add });
    case 'protect':
      await client.send(protectionCommand(step));
      return;
    case 'deregister':
      try {
        await removeImage(client, ImageId, step.snapshotIds);
        return;
      } catch (error) {
        throw isAwsError(error, 'OperationNotPermitted') ? coolingDown(step, error) : error;
      }
    default:
      return unreachable(step);
  }
}

function protectionCommand({ imageId: ImageId, protection }: Extract<RetireStep, { readonly do: 'protect' }>) {
  if (protection === 'off') return new DisableImageDeregistrationProtectionCommand({ ImageId });
  return new EnableImageDeregistrationProtectionCommand({ ImageId, WithCooldown: protection === 'with-cooldown' });
}
