import type { RootVolume } from '../model/image.ts';
import { bakedVolumes, keptOffBuilder, type Volume } from '../model/volume.ts';

/** A block of Packer's template, with its attributes in order. */
export interface DeviceMapping {
  readonly block: 'launch_block_device_mappings' | 'ami_block_device_mappings';
  readonly attributes: readonly Attribute[];
}

interface Attribute {
  readonly name: string;
  readonly value: string | number | boolean;
}

type AnyVolume = RootVolume | Volume;

/** EC2's own defaults for gp3, said aloud: Packer 1.6.6 refuses a gp3 volume without them. */
export function performanceOf({ type, iops, throughput }: AnyVolume): {
  readonly iops: number;
  readonly throughput: number;
} {
  const gp3 = type === 'gp3';
  return { iops: iops ?? (gp3 ? 3000 : 0), throughput: throughput ?? (gp3 ? 125 : 0) };
}

/** Absent leaves it to the account's default; a key implies encryption. */
export const encryptionOf = ({ kmsKey, encrypted }: AnyVolume): boolean | undefined =>
  kmsKey === undefined ? encrypted : true;

/**
 * What a builder has besides its root. What a mapping leaves out EC2 takes from the AMI's of the same device, so that a
 * child's builder has what is on its parent's volume. All of them end with the builder.
 */
export function launchMappings(volumes: readonly Volume[] = []): readonly DeviceMapping[] {
  const atLaunch = (values: Values) => mapping('launch_block_device_mappings', values);
  return [
    ...keptOffBuilder(volumes).map(({ device }) => atLaunch({ device_name: device, no_device: true })),
    ...bakedVolumes(volumes).map((volume) =>
      atLaunch({
        ...described(volume),
        snapshot_id: volume.startsFrom,
        kms_key_id: volume.kmsKey,
        encrypted: encryptionOf(volume),
        delete_on_termination: true,
      }),
    ),
  ];
}

/**
 * What CreateImage would not know of the builder: volumes that it does not have, and those that instances shall leave
 * behind. Of a volume that it has only the latter can be said, and an AMI holds no key of an empty one.
 */
export function amiMappings(volumes: readonly Volume[] = []): readonly DeviceMapping[] {
  const inAmi = (values: Values) => mapping('ami_block_device_mappings', values);
  return volumes.flatMap((volume): readonly DeviceMapping[] => {
    const { device, content, deleteOnTermination } = volume;
    const ends = { delete_on_termination: deleteOnTermination };
    if (content === 'baked') return deleteOnTermination ? [] : [inAmi({ device_name: device, ...ends })];
    return [inAmi({ ...described(volume), encrypted: encryptionOf(volume), ...ends })];
  });
}

function described(volume: Volume): Values {
  const { iops, throughput } = performanceOf(volume);
  return {
    device_name: volume.device,
    volume_type: volume.type,
    volume_size: volume.sizeGiB,
    iops: iops || undefined,
    throughput: throughput || undefined,
  };
}

type Values = Readonly<Record<string, Attribute['value'] | undefined>>;

const mapping = (block: DeviceMapping['block'], values: Values): DeviceMapping => ({
  block,
  attributes: Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
});
