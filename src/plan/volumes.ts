import type { ImageName } from '../model/ids.ts';
import type { Image } from '../model/image.ts';
import type { ResolvedSourceAmi } from '../model/known-image.ts';
import { placeOf, type Volume } from '../model/volume.ts';

/** A volume that cannot be where it is to be: the source AMI has something there. */
export interface DeviceClash {
  readonly image: ImageName;
  readonly volume: Volume;
  readonly source: Pick<ResolvedSourceAmi, 'imageId' | 'name' | 'rootDeviceName'>;
  /** As the source AMI calls it. */
  readonly device: string;
}

export function deviceClashes(
  { name: image, volumes = [] }: Pick<Image, 'name' | 'volumes'>,
  source: DeviceClash['source'],
  devices: readonly string[],
): readonly DeviceClash[] {
  return volumes.flatMap((volume) => {
    const device = devices.find((taken) => placeOf(taken) === placeOf(volume.device));
    return device === undefined ? [] : [{ image, volume, source, device }];
  });
}

/** A volume that cannot start from its snapshot. */
export interface UnusableSnapshot {
  readonly image: ImageName;
  readonly volume: Volume;
  /** `it has 20 GiB, and the volume 8`. */
  readonly because: string;
}

/** `found`: what is known of snapshots, by id. */
export function unusableSnapshots(
  { name: image, volumes = [] }: Pick<Image, 'name' | 'volumes'>,
  found: ReadonlyMap<string, { readonly sizeGiB: number; readonly state: string }>,
): readonly UnusableSnapshot[] {
  return volumes.flatMap((volume) => {
    if (volume.startsFrom === undefined) return [];
    const because = flawOf(found.get(volume.startsFrom), volume);
    return because === undefined ? [] : [{ image, volume, because }];
  });
}

function flawOf(
  snapshot: { readonly sizeGiB: number; readonly state: string } | undefined,
  { sizeGiB }: Volume,
): string | undefined {
  if (snapshot === undefined) return 'it is not there, or not for this account';
  if (snapshot.state !== 'completed') return `it is ${snapshot.state}, not completed`;
  if (snapshot.sizeGiB > sizeGiB) return `it has ${snapshot.sizeGiB} GiB, and the volume ${sizeGiB}`;
  return undefined;
}
