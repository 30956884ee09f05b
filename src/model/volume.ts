import type { VolumeType } from './image.ts';

/** Of data volumes; what turns slowly boots nothing. */
export type DataVolumeType = VolumeType | 'st1' | 'sc1';

/** A data volume beside the root. */
export interface Volume {
  readonly name: string;
  /** As EC2 calls it: `/dev/sdf`. What the kernel calls it is another matter. */
  readonly device: string;
  /** GiB. */
  readonly sizeGiB: number;
  readonly type: DataVolumeType;
  /** Required for io1 and io2; gp3 has 3,000 otherwise. */
  readonly iops?: number;
  /** MiB/s, gp3 only; 125 otherwise. */
  readonly throughput?: number;
  /** Absent: as the account's default says. */
  readonly encrypted?: boolean;
  /** KMS key id, alias or ARN; implies `encrypted`. */
  readonly kmsKey?: string;
  /** `baked`: it is on the builder, and what layers write to it is in the AMI. `empty`: each instance gets a new one. */
  readonly content: 'baked' | 'empty';
  /** Id of the snapshot that it starts from; absent: it starts empty, or with what the parent has on it. */
  readonly startsFrom?: string;
  /** Whether it ends with an instance that is launched from the image. */
  readonly deleteOnTermination: boolean;
  /** The parent has it too, so its AMI brings it. */
  readonly inherited: boolean;
}

/** `/dev/sdf` and `/dev/xvdf` are one place on a machine, whatever it has for a number at its end: `f`. */
export const placeOf = (device: string): string => device.replace(/^(?:\/dev\/)?(?:sd|xvd|hd)([a-z]+)\d*$/, '$1');

/** What EC2 recommends for data volumes, in the order in which they are taken. */
export const USUAL_DEVICES: readonly string[] = [...'fghijklmnop'].map((letter) => `/dev/sd${letter}`);

/** Volumes that layers write to. */
export const bakedVolumes = (volumes: readonly Volume[] = []): readonly Volume[] =>
  volumes.filter(({ content }) => content === 'baked');

/** What the parent's AMI brings, and a builder must not have: CreateImage makes a snapshot of all that is attached. */
export const keptOffBuilder = (volumes: readonly Volume[] = []): readonly Volume[] =>
  volumes.filter(({ content, inherited }) => content === 'empty' && inherited);
