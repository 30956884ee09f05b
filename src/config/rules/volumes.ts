import type { DataVolumeType } from '../../model/volume.ts';
import { DEFAULTS } from '../defaults.ts';
import type { Path, Report } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import type { WrittenVolume } from '../volume-schema.ts';
import { scopes } from './scopes.ts';

type Limited = 'sizeGiB' | 'iops' | 'throughput';
type Range = readonly [least: number, most: number];

/** What EC2 accepts, in GiB, operations per second and MiB/s. */
const LIMITS: Readonly<Record<DataVolumeType, Readonly<Partial<Record<Limited, Range>>>>> = {
  gp2: { sizeGiB: [1, 16_384] },
  gp3: { sizeGiB: [1, 65_536], iops: [3000, 80_000], throughput: [125, 2000] },
  io1: { sizeGiB: [4, 16_384], iops: [100, 64_000] },
  io2: { sizeGiB: [4, 65_536], iops: [100, 256_000] },
  st1: { sizeGiB: [125, 16_384] },
  sc1: { sizeGiB: [125, 16_384] },
  standard: { sizeGiB: [1, 1024] },
};

export function volumeLimitsRule({ written, inherited, report }: RuleContext): void {
  reportLimits(['rootVolume'], written.rootVolume, report);
  for (const [name, { rootVolume }] of Object.entries(written.images)) {
    if (rootVolume !== undefined) reportLimits(['images', name, 'rootVolume'], inherited.get(name)?.rootVolume, report);
  }
}

type WithLimits = Pick<WrittenVolume, Limited | 'type'>;

export function reportLimits(path: Path, volume: WithLimits = {}, report: Report): void {
  const type = volume.type ?? DEFAULTS.volumeType;
  for (const setting of ['sizeGiB', 'iops', 'throughput'] as const) {
    const value = volume[setting];
    const range = LIMITS[type][setting];
    if (value === undefined) continue;
    if (range === undefined) report([...path, setting], `${value}, but a ${type} volume has no such setting`);
    else if (value < range[0] || value > range[1]) {
      report([...path, setting], `${value} is not from ${range[0]} to ${range[1]}, which ${type} allows`);
    }
  }
  if ((type === 'io1' || type === 'io2') && volume.iops === undefined) {
    report([...path, 'iops'], `is required: ${type} has no default`);
  }
}

/** A volume cannot be smaller than the snapshot it is made from. */
export function volumeShrinksRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { parent, rootVolume }] of Object.entries(written.images)) {
    const before = parent === undefined ? undefined : inherited.get(parent)?.rootVolume.sizeGiB;
    const after = rootVolume?.sizeGiB;
    if (before === undefined || after === undefined || after >= before) continue;
    report(
      ['images', name, 'rootVolume', 'sizeGiB'],
      `${after} is less than the ${before} GiB of its parent ${parent}, and a root volume cannot shrink`,
    );
  }
}

/** What is made from an encrypted snapshot is encrypted. */
export function staysEncryptedRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { parent, rootVolume }] of Object.entries(written.images)) {
    const above = parent === undefined ? undefined : inherited.get(parent)?.rootVolume;
    if (rootVolume?.encrypted !== false || (above?.encrypted !== true && above?.kmsKey === undefined)) continue;
    report(
      ['images', name, 'rootVolume', 'encrypted'],
      `false, but its parent ${parent} is encrypted, and so is everything made from it`,
    );
  }
}

export function keyEncryptsRule({ written, report }: RuleContext): void {
  for (const { path, settings } of scopes(written)) {
    if (settings.rootVolume?.encrypted !== false || settings.rootVolume.kmsKey === undefined) continue;
    report([...path, 'rootVolume', 'encrypted'], 'false, but kmsKey names a key to encrypt with; keep one of the two');
  }
}
