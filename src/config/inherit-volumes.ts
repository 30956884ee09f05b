import { placeOf, USUAL_DEVICES } from '../model/volume.ts';
import { inheritVolume } from './inherit-volume.ts';
import type { WrittenVolume, WrittenVolumes } from './volume-schema.ts';

/** A data volume as written, with the parent's merged in, and a device; it has none where none is free, which a rule reports. */
export interface InheritedVolume extends WrittenVolume {
  /** Whether the parent has it. */
  readonly inherited: boolean;
}

export type InheritedVolumes = ReadonlyMap<string, InheritedVolume>;

/** The parent's first. What has no device gets one that none of the others has, and keeps it down the lineage. */
export function inheritVolumes(parent: InheritedVolumes, own: WrittenVolumes = {}): InheritedVolumes {
  const volumes = new Map<string, InheritedVolume>();
  for (const [name, volume] of parent) volumes.set(name, { ...volume, inherited: true });
  for (const [name, volume] of Object.entries(own)) {
    const above = volumes.get(name);
    volumes.set(
      name,
      above === undefined ? { ...volume, inherited: false } : inheritVolume(above, { ...volume, inherited: true }),
    );
  }
  const taken = new Set([...volumes.values()].flatMap(({ device }) => (device === undefined ? [] : [placeOf(device)])));
  for (const [name, volume] of volumes) {
    const device = volume.device ?? USUAL_DEVICES.find((usual) => !taken.has(placeOf(usual)));
    if (device === undefined) continue;
    taken.add(placeOf(device));
    volumes.set(name, { ...volume, device });
  }
  return volumes;
}
