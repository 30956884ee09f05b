import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineImage } from './image-cache.ts';

/** Debian's account, which publishes its AMIs. */
const DEBIAN = '136693071363';

/** Stands for the image's date where no machine is going to boot it. */
const UNBUILT = '2026-01-01T00:00:00.000Z';

/** Lists the AMIs that a new sandbox offers, for the server's `--images`. Returns the file. */
export async function writeImagesFile(stateDir: string, image: MachineImage | undefined): Promise<string> {
  const file = join(stateDir, 'images.json');
  const images = [debian('x86_64', 'amd64', image), debian('arm64', 'arm64', undefined)];
  await writeFile(`${file}.part`, `${JSON.stringify({ version: 1, images }, null, 2)}\n`);
  await rename(`${file}.part`, file);
  return file;
}

/** Named as Debian names its AMIs: `debian-12-amd64-20261120-1330`. */
function debian(architecture: 'x86_64' | 'arm64', debianName: 'amd64' | 'arm64', image: MachineImage | undefined) {
  const creationDate = image?.createdAt ?? UNBUILT;
  const [day = '', time = ''] = creationDate.replaceAll(/[-:]/g, '').split('T');
  const stamp = `${day}-${time.slice(0, 4)}`;
  return {
    name: `debian-12-${debianName}-${stamp}`,
    owner: DEBIAN,
    architecture,
    description: `Debian 12 (${stamp})`,
    rootDeviceName: '/dev/xvda',
    sizeGiB: 8,
    disk: image?.disk ?? null,
    creationDate,
  };
}
