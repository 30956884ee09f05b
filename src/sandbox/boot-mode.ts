import { hasEfiSystem } from './gpt.ts';
import type { BootMode } from './image-cache.ts';

const SIGNATURE = 510;
/** Boot code of the first sector ends where the disk's signature and the partition table begin. */
const CODE_BYTES = 440;

/**
 * How a disk with this start boots by itself: by BIOS where its first sector holds code, since that takes less time,
 * else by UEFI where there is a partition for it. `no-disk` for what has no first sector of a disk.
 */
export function bootModeOf(start: Buffer): BootMode | 'none' | 'no-disk' {
  if (start.length < 512 || start.readUInt16LE(SIGNATURE) !== 0xaa55) return 'no-disk';
  if (start.subarray(0, CODE_BYTES).some((byte) => byte !== 0)) return 'legacy-bios';
  return hasEfiSystem(start) ? 'uefi' : 'none';
}
