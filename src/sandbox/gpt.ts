/** A partition, in bytes from the start of its disk. */
export interface Partition {
  readonly offset: number;
  readonly bytes: number;
}

const SECTOR = 512;

/** How much of a disk's start `largestPartition` wants to see: protective MBR, header, 128 entries. */
export const GPT_BYTES = 34 * SECTOR;

/** The largest partition of a GPT disk, which on a cloud image is the root; undefined for a disk without one. */
export function largestPartition(start: Buffer): Partition | undefined {
  if (start.toString('latin1', SECTOR, SECTOR + 8) !== 'EFI PART') return undefined;
  const table = Number(start.readBigUInt64LE(SECTOR + 72)) * SECTOR;
  const count = start.readUInt32LE(SECTOR + 80);
  const size = start.readUInt32LE(SECTOR + 84);
  const partitions: Partition[] = [];
  for (let at = table; at < table + count * size && at + size <= start.length; at += size) {
    if (start.subarray(at, at + 16).every((byte) => byte === 0)) continue;
    const first = Number(start.readBigUInt64LE(at + 32));
    const last = Number(start.readBigUInt64LE(at + 40));
    partitions.push({ offset: first * SECTOR, bytes: (last - first + 1) * SECTOR });
  }
  return partitions.sort((a, b) => b.bytes - a.bytes)[0];
}
