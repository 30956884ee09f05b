import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const MIB = 2 ** 20;
const TYPES = { efi: '28732ac11ff8d211ba4b00a0c93ec93b', linux: 'af3dc60f838472478e793d69d8477de4' } as const;

export interface DiskSpec {
  /** What the first sector holds: code that a BIOS would run, or none. */
  readonly bootCode?: boolean;
  /** In MiB. */
  readonly partitions?: readonly { readonly type: keyof typeof TYPES; readonly at: number; readonly size: number }[];
}

/** The start of a GPT disk, 1 MiB; without the checksums, which nobody here reads. */
export function diskStart({ bootCode = false, partitions = [] }: DiskSpec): Buffer {
  const start = Buffer.alloc(MIB);
  if (bootCode) start[0] = 0xeb;
  start.writeUInt16LE(0xaa55, 510);
  start.write('EFI PART', 512);
  start.writeBigUInt64LE(2n, 512 + 72);
  start.writeUInt32LE(128, 512 + 80);
  start.writeUInt32LE(128, 512 + 84);
  for (const [index, { type, at: from, size }] of partitions.entries()) {
    const at = 1024 + index * 128;
    start.write(TYPES[type], at, 'hex');
    start.writeBigUInt64LE(BigInt(from * 2048), at + 32);
    start.writeBigUInt64LE(BigInt((from + size) * 2048 - 1), at + 40);
  }
  return start;
}

/** A file of a format of QEMU's with this start, of `mib`. */
export async function diskImage(start: Buffer, format: 'raw' | 'qcow2' | 'vmdk', mib = 4): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'bake-disk-'));
  try {
    const [raw, out] = [join(folder, 'raw'), join(folder, 'out')];
    await writeFile(raw, start);
    await truncate(raw, mib * MIB);
    await execa('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, out]);
    return await readFile(out);
  } finally {
    await rm(folder, { recursive: true });
  }
}
