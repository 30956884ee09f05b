import { BakeError } from '../model/errors.ts';
import type { Region } from '../model/ids.ts';
import type { DeviceClash, UnusableSnapshot } from '../plan/volumes.ts';

export function volumeDeviceTaken(clash: DeviceClash, others: readonly DeviceClash[]): BakeError {
  const { image, volume } = clash;
  return new BakeError({
    code: 'volume-device-taken',
    message: describeClash(clash),
    hint: `Write another device: images.${image}.volumes.${volume.name}.device, or that of the ancestor that has the volume first.`,
    details: others.map(describeClash),
    blame: 'user',
  });
}

function describeClash({ image, volume, source, device }: DeviceClash): string {
  const what = device === source.rootDeviceName ? 'its root volume' : 'a block device of its own';
  return `volume ${volume.name} of ${image} cannot be ${volume.device}: the source AMI ${source.imageId} (${source.name}) has ${what} at ${device}`;
}

export function volumeSnapshotUnusable(
  flaw: UnusableSnapshot,
  region: Region,
  others: readonly UnusableSnapshot[],
): BakeError {
  const describe = ({ image, volume, because }: UnusableSnapshot) =>
    `volume ${volume.name} of ${image} cannot start from ${volume.startsFrom} in ${region}: ${because}`;
  return new BakeError({
    code: 'volume-snapshot-unusable',
    message: describe(flaw),
    hint: 'Name a complete snapshot of the build region that this account may use, and make the volume as large at least.',
    details: others.map(describe),
    blame: 'user',
  });
}
