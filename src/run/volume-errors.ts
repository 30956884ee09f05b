import { BakeError } from '../model/errors.ts';
import type { Region } from '../model/ids.ts';
import type { DeviceClash, UnusableSnapshot } from '../plan/volumes.ts';

/** `others`: that are told with it. */
export function volumeDeviceTaken(
  { image, volume, source, device }: DeviceClash,
  others: readonly DeviceClash[] = [],
): BakeError {
  const what = device === source.rootDeviceName ? 'its root volume' : 'a block device of its own';
  return new BakeError({
    code: 'volume-device-taken',
    message: `volume ${volume.name} of ${image} cannot be ${volume.device}: the source AMI ${source.imageId} (${source.name}) has ${what} at ${device}`,
    hint: `Write another device: images.${image}.volumes.${volume.name}.device, or that of the ancestor that has the volume first.`,
    details: others.map((other) => volumeDeviceTaken(other).message),
    blame: 'user',
  });
}

export function volumeSnapshotUnusable(
  { image, volume, because }: UnusableSnapshot,
  region: Region,
  others: readonly UnusableSnapshot[] = [],
): BakeError {
  return new BakeError({
    code: 'volume-snapshot-unusable',
    message: `volume ${volume.name} of ${image} cannot start from ${volume.startsFrom} in ${region}: ${because}`,
    hint: 'Name a complete snapshot of the build region that this account may use, and make the volume as large at least.',
    details: others.map((other) => volumeSnapshotUnusable(other, region).message),
    blame: 'user',
  });
}
