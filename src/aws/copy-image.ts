import { type AmiId, parseAmiId } from '../model/ids.ts';
import type { Tags } from '../model/image.ts';
import { CopyImageCommand, type EC2Client } from './sdk/ec2.ts';
import { tagSpecifications } from './tags.ts';

interface Copying {
  readonly source: AmiId;
  readonly sourceRegion: string;
  readonly name: string;
  /** Absent: encrypted as the source is, or as the region's default has it. */
  readonly kmsKey?: string;
  readonly tags: Tags;
  readonly clientToken: string;
}

/** A call of the region that the copy is to be in. The copy and its snapshots are never without their tags. */
export async function copyImage(client: EC2Client, request: Copying): Promise<AmiId> {
  const { source, sourceRegion, name, kmsKey, tags, clientToken } = request;
  const command = new CopyImageCommand({
    SourceImageId: source,
    SourceRegion: sourceRegion,
    Name: name,
    ClientToken: clientToken,
    TagSpecifications: tagSpecifications(tags, 'image', 'snapshot'),
    ...(kmsKey === undefined ? {} : { Encrypted: true, KmsKeyId: kmsKey }),
  });
  const { ImageId = '' } = await client.send(command);
  const imageId = parseAmiId(ImageId);
  if (imageId === undefined) throw new Error(`CopyImage answered with ${JSON.stringify(ImageId)}`);
  return imageId;
}
