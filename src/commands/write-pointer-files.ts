import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageName } from '../model/ids.ts';
import { fillPointer } from '../model/pointer-names.ts';
import { exportText } from '../render/export.ts';
import { exportRequest } from './export-request.ts';
import type { CommandIo } from './io.ts';
import type { OpenChannel } from './open-promotion.ts';

/** The channel's files in the checkout, last of all: they say what the other pointers say already. Written where they differ. */
export async function writePointerFiles(open: OpenChannel, images: readonly ImageName[], io: CommandIo): Promise<void> {
  const { config, channel } = open;
  if (channel.pointers.files.length === 0) return;
  const request = await exportRequest(open);
  for (const { path, format } of channel.pointers.files) {
    for (const image of images) {
      const own = { ...request, images: request.images.filter((one) => isIn(path, one.image, image)) };
      const [arch = 'x86_64'] = config.images.get(image)?.architectures ?? [];
      const values = { project: config.project, image, channel: channel.name, arch };
      const file = join(config.root, fillPointer(path, values));
      if (await writeIfOther(file, exportText(format, own))) io.stderr.write(`${file} written\n`);
    }
  }
}

/** A file whose name has the image holds that one; any other holds all images of the channel. */
const isIn = (path: string, one: string, promoted: string): boolean => !path.includes('{image}') || one === promoted;

async function writeIfOther(file: string, text: string): Promise<boolean> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return false;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
  return true;
}
