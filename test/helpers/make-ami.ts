import { CreateImageCommand, DescribeImagesCommand, type EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { tagSpecifications } from '../../src/aws/tags.ts';
import { type AmiId, parseAmiId } from '../../src/model/ids.ts';
import type { Tags } from '../../src/model/image.ts';
import type { ObservedImage } from '../../src/model/promotion.ts';
import type { SiteImages } from '../../src/run/promote-effects.ts';
import { until } from './sandbox-server.ts';

/** An AMI made of an instance, as a bake leaves it. */
export async function makeAmi(client: EC2Client, Name: string, tags: Tags = { made: 'here' }): Promise<AmiId> {
  const Filters = [{ Name: 'architecture', Values: ['x86_64'] }];
  const { Images = [] } = await client.send(new DescribeImagesCommand({ Filters }));
  const [{ ImageId } = {}] = Images;
  const launch = new RunInstancesCommand({ ImageId, InstanceType: 't3.small', MinCount: 1, MaxCount: 1 });
  const InstanceId = (await client.send(launch)).Instances?.[0]?.InstanceId;
  // EC2 refuses an empty list.
  const tagged = Object.keys(tags).length > 0 && { TagSpecifications: tagSpecifications(tags, 'image', 'snapshot') };
  const made = await client.send(new CreateImageCommand({ InstanceId, Name, ...tagged }));
  const imageId = parseAmiId(made.ImageId ?? '');
  if (imageId === undefined) throw new Error(`CreateImage answered with ${made.ImageId}`);
  return imageId;
}

export function available(images: SiteImages, imageId: AmiId): Promise<ObservedImage> {
  return until(async () => (await images.states([imageId])).find(({ state }) => state === 'available'), 10_000);
}
