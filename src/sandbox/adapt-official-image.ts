import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadVerified } from '../setup/download.ts';
import type { ToolPaths } from '../setup/ensure-tools.ts';
import { packageFile } from '../setup/paths.ts';
import { run } from '../setup/process.ts';
import { runStep, type StepContext } from '../setup/steps.ts';
import { officialImageUnusable } from './errors.ts';
import { GPT_BYTES, largestPartition, type Partition } from './gpt.ts';
import type { OfficialImage } from './official-image.ts';

/**
 * Downloads the official image and brings its root filesystem into the form of ours: no partitions, started by the
 * boot disk, EC2's default user. Throws `download-failed`, `checksum-mismatch`, `official-image-unusable`,
 * `command-failed`.
 */
export async function adaptOfficialImage(
  image: OfficialImage,
  out: string,
  tools: ToolPaths,
  context: StepContext,
): Promise<void> {
  const qemuImg = tools.get('qemu-img') ?? 'qemu-img';
  const { signal } = context;
  const work = `${out}.work`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const [download, raw, root] = [join(work, 'image.qcow2'), join(work, 'image.raw'), join(work, 'root.raw')];
  try {
    await runStep(`official Debian ${image.release} image`, context, async (onLine) => {
      const expected = { algorithm: 'sha512', checksum: image.checksum } as const;
      await downloadVerified(image.url, download, expected, { signal, onLine });
      await run(qemuImg, ['convert', '-O', 'raw', download, raw], { signal, onLine });
      const partition = await rootPartition(raw, image.url);
      await run(qemuImg, ['convert', '-O', 'raw', '--image-opts', sliceOf(raw, partition), root], { signal, onLine });
      const script = packageFile('src', 'sandbox', 'adapt-official-image.sh');
      await run('sh', [script, root, work], { signal, onLine, env: { DEBUGFS: tools.get('debugfs') ?? 'debugfs' } });
      await run(qemuImg, ['convert', '-f', 'raw', '-O', 'qcow2', root, out], { signal, onLine });
      await run(qemuImg, ['resize', '-q', '-f', 'qcow2', out, `${ROOT_VOLUME_GIB}G`], { signal, onLine });
      return { value: undefined };
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** As large as the root volume of the official AMI; the filesystem grows into it at boot. */
export const ROOT_VOLUME_GIB = 8;

/** In qemu-img's options a comma in a file name is written twice. */
const sliceOf = (file: string, { offset, bytes }: Partition): string =>
  `driver=raw,offset=${offset},size=${bytes},file.driver=file,file.filename=${file.replaceAll(',', ',,')}`;

async function rootPartition(raw: string, url: string): Promise<Partition> {
  const file = await open(raw);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(GPT_BYTES), 0, GPT_BYTES, 0);
    const partition = largestPartition(buffer.subarray(0, bytesRead));
    if (partition === undefined) throw officialImageUnusable(url, 'it has no GPT partition table');
    return partition;
  } finally {
    await file.close();
  }
}
