import { parseAmiId } from '../model/ids.ts';
import type { AmiState } from '../model/known-image.ts';
import type { Copies } from '../run/try-effects.ts';
import type { AwsConnection } from './connection.ts';
import { copyImage } from './copy-image.ts';
import { attempting } from './errors.ts';
import { removeTemporaryImage } from './leftovers.ts';
import { DescribeImagesCommand, type EC2Client } from './sdk/ec2.ts';

/** CopyImage is a call of the region that the copy is to be in. */
export function createCopies(client: EC2Client, connection: AwsConnection): Copies {
  const attempt = attempting(connection);
  return {
    find: ({ name, imageId }) =>
      attempt('look for a copy of an image', async () => {
        const Filters = [
          { Name: 'name', Values: [name] },
          { Name: 'state', Values: ['available'] },
        ];
        const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners: ['self'], Filters }));
        return Images.flatMap((copy) =>
          copy.SourceImageId === imageId ? (parseAmiId(copy.ImageId ?? '') ?? []) : [],
        )[0];
      }),

    start: (request) => attempt('copy an image', () => copyImage(client, request)),

    stateOf: (imageId) =>
      attempt('read a copy of an image', async () => {
        // A filter, since an id that is not known everywhere yet is an error.
        const Filters = [{ Name: 'image-id', Values: [imageId] }];
        const { Images = [] } = await client.send(new DescribeImagesCommand({ Filters }));
        const { State = 'pending', StateReason } = Images[0] ?? {};
        return { state: State as AmiState, reason: StateReason?.Message };
      }),

    remove: (name) => attempt('remove a copy of an image', () => removeTemporaryImage(client, name)),
  };
}
