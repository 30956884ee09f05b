import type { Volume } from '../model/volume.ts';
import { DEFAULTS } from './defaults.ts';
import type { InheritedVolume, InheritedVolumes } from './inherit-volumes.ts';
import { sound } from './sound.ts';

/** The parent's first, then in the order in which they are written. */
export const volumesOf = (inherited: InheritedVolumes): readonly Volume[] =>
  [...inherited].map(([name, volume]) => volumeOf(name, volume));

function volumeOf(name: string, volume: InheritedVolume): Volume {
  const { device, sizeGiB, type, iops, throughput, encrypted, kmsKey, snapshot, deleteOnTermination, inherited } =
    volume;
  return {
    name,
    device: sound(device),
    sizeGiB: sound(sizeGiB),
    type: type ?? DEFAULTS.volumeType,
    ...(iops === undefined ? {} : { iops }),
    ...(throughput === undefined ? {} : { throughput }),
    ...(kmsKey === undefined ? (encrypted === undefined ? {} : { encrypted }) : { encrypted: true, kmsKey }),
    content: snapshot === false ? 'empty' : 'baked',
    // What stands on it goes on with what is on its parent's.
    ...(typeof snapshot === 'string' && !inherited ? { startsFrom: snapshot } : {}),
    deleteOnTermination: deleteOnTermination ?? true,
    inherited,
  };
}
