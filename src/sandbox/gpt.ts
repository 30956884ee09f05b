/** A partition, in bytes from the start of its disk. */
export interface Partition {
  readonly offset: number;
  readonly bytes: number;
}

const SECTOR = 512;

/** How much of a disk's start is looked at: protective MBR, header, 128 entries. */
export const GPT_BYTES = 34 * SECTOR;

/** The largest partition of a GPT disk, which on a cloud image is the root; undefined for a disk without one. */
export function largestPartition(start: Buffer): Partition | undefined {
  const [largest] = partitionsOf(start).toSorted((a, b) => b.bytes - a.bytes);
  return largest === undefined ? undefined : { offset: largest.offset, bytes: largest.bytes };
}

/** `C12A7328-F81F-11D2-BA4B-00A0C93EC93B`, as it is written on a disk. */
const EFI_SYSTEM = '28732ac11ff8d211ba4b00a0c93ec93b';

/** Whether a GPT disk has a partition that UEFI starts from. */
export const hasEfiSystem = (start: Buffer): boolean => partitionsOf(start).some(({ type }) => type === EFI_SYSTEM);

function partitionsOf(start: Buffer): readonly (Partition & { readonly type: string })[] {
  if (start.toString('latin1', SECTOR, SECTOR + 8) !== 'EFI PART') return [];
  const table = Number(start.readBigUInt64LE(SECTOR + 72)) * SECTOR;
  const count = start.readUInt32LE(SECTOR + 80);
  const size = start.readUInt32LE(SECTOR + 84);
  const partitions: (Partition & { readonly type: string })[] = [];
  for (let at = table; at < table + count * size && at + size <= start.length; at += size) {
    const type = start.toString('hex', at, at + 16);
    if (/^0+$/.test(type)) continue;
    const first = Number(start.readBigUInt64LE(at + 32));
    const last = Number(start.readBigUInt64LE(at + 40));
    partitions.push({ type, offset: first * SECTOR, bytes: (last - first + 1) * SECTOR });
  }
  return partitions;
}
