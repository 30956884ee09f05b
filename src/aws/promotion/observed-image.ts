import type { DeregistrationProtection } from '../../model/channel.ts';
import { parseAmiId, type Region } from '../../model/ids.ts';
import type { AmiState } from '../../model/known-image.ts';
import type { Device, ObservedImage, ObservedSnapshot, Site, Traits } from '../../model/promotion.ts';
import type { BlockDeviceMapping, Image, Snapshot } from '../sdk/ec2.ts';
import { tagsOf } from '../tags.ts';

const GIB = 2 ** 30;

/** What EC2 says of an AMI and of its snapshots, by id; undefined where the AMI has no id that we know the form of. */
export function observedImage(
  ami: Image,
  site: Site,
  snapshots: ReadonlyMap<string, Snapshot>,
  unlisted: readonly Snapshot[] = [],
): ObservedImage | undefined {
  const imageId = parseAmiId(ami.ImageId ?? '');
  if (imageId === undefined) return undefined;
  const mappings = (ami.BlockDeviceMappings ?? []).filter(({ Ebs }) => Ebs !== undefined);
  const copiedFrom = parseAmiId(ami.SourceImageId ?? '');
  return {
    imageId,
    site,
    name: ami.Name ?? '',
    state: (ami.State ?? 'pending') as AmiState,
    ...(ami.StateReason?.Message === undefined ? {} : { reason: ami.StateReason.Message }),
    createdAt: ami.CreationDate ?? '',
    ...(ami.LastLaunchedTime === undefined ? {} : { launchedAt: new Date(ami.LastLaunchedTime).toISOString() }),
    // An AMI that was made of an instance names the AMI of the instance.
    ...(copiedFrom === undefined || ami.SourceInstanceId !== undefined || ami.SourceImageRegion === undefined
      ? {}
      : { copyOf: { imageId: copiedFrom, region: ami.SourceImageRegion as Region } }),
    traits: traitsOf(ami, mappings),
    productCodes: (ami.ProductCodes ?? []).flatMap(({ ProductCodeId }) => ProductCodeId ?? []),
    tags: tagsOf(ami.Tags),
    snapshots: [
      ...mappings.flatMap((mapping) => snapshotOf(mapping, snapshots)),
      ...unlisted.map((snapshot) => observedSnapshot(snapshot, '')),
    ],
    ...(ami.DeprecationTime === undefined ? {} : { deprecateAt: new Date(ami.DeprecationTime).toISOString() }),
    deregistrationProtection: protectionOf(ami.DeregistrationProtection),
  };
}

function traitsOf(ami: Image, mappings: readonly BlockDeviceMapping[]): Traits {
  return {
    architecture: ami.Architecture ?? '',
    rootDeviceType: ami.RootDeviceType ?? '',
    rootDeviceName: ami.RootDeviceName ?? '',
    virtualization: ami.VirtualizationType ?? '',
    ...(ami.BootMode === undefined ? {} : { bootMode: ami.BootMode }),
    ...(ami.TpmSupport === undefined ? {} : { tpm: ami.TpmSupport }),
    ena: ami.EnaSupport === true,
    ...(ami.ImdsSupport === undefined ? {} : { imds: ami.ImdsSupport }),
    devices: mappings.map(deviceOf).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function deviceOf({ DeviceName = '', Ebs }: BlockDeviceMapping): Device {
  return {
    name: DeviceName,
    sizeGiB: Ebs?.VolumeSize ?? 0,
    volumeType: Ebs?.VolumeType ?? '',
    deleteOnTermination: Ebs?.DeleteOnTermination === true,
  };
}

function snapshotOf({ DeviceName = '', Ebs }: BlockDeviceMapping, known: ReadonlyMap<string, Snapshot>) {
  const snapshotId = Ebs?.SnapshotId;
  if (snapshotId === undefined) return [];
  // The AMI may list a snapshot that is not known everywhere yet.
  const { VolumeSize, Encrypted } = Ebs ?? {};
  return [observedSnapshot(known.get(snapshotId) ?? { SnapshotId: snapshotId, VolumeSize, Encrypted }, DeviceName)];
}

function observedSnapshot(snapshot: Snapshot, device: string): ObservedSnapshot {
  const { SnapshotId = '', State = 'pending', StateMessage, KmsKeyId } = snapshot;
  return {
    snapshotId: SnapshotId,
    device,
    state: State,
    ...(StateMessage ? { message: StateMessage } : {}),
    bytes: snapshot.FullSnapshotSizeInBytes || (snapshot.VolumeSize ?? 0) * GIB,
    encrypted: snapshot.Encrypted === true,
    ...(KmsKeyId === undefined ? {} : { kmsKey: KmsKeyId }),
    tags: tagsOf(snapshot.Tags),
  };
}

/** `disabled`, `enabled-with-cooldown`, `enabled-without-cooldown`; absent where it was never asked for. */
function protectionOf(says: string | undefined): DeregistrationProtection {
  if (says?.startsWith('enabled') !== true) return 'off';
  return says === 'enabled-with-cooldown' ? 'with-cooldown' : 'on';
}
