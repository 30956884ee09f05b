import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findDebianImage, imageTools, makeDebianImage } from '../../src/sandbox/debian-image.ts';
import { largestPartition } from '../../src/sandbox/gpt.ts';
import { findOfficialImage, type OfficialImage } from '../../src/sandbox/official-image.ts';
import { ensureTools } from '../../src/setup/ensure-tools.ts';
import { diskStart } from '../helpers/disk-images.ts';
import { temporaryFolder as scratchFolder } from '../helpers/layers-on-disk.ts';
import { serve } from '../setup/local-server.ts';
import { temporaryFolder } from '../setup/temporary-folder.ts';

const FILE = 'debian-12-genericcloud-amd64.qcow2';
const FOLDER = '/bookworm/latest';
const MIB = 2 ** 20;
let qcow2: Buffer;

const publish = (checksum: string) =>
  serve({ [`${FOLDER}/SHA512SUMS`]: `${checksum}  ${FILE}\n`, [`${FOLDER}/${FILE}`]: qcow2 });
const sha512 = (content: Buffer) => createHash('sha512').update(content).digest('hex');

/** The start of a GPT disk with these partitions, in MiB. */
const gpt = (...partitions: readonly (readonly [at: number, size: number])[]): Buffer =>
  diskStart({ partitions: partitions.map(([at, size]) => ({ type: 'linux', at, size })) });

/** As Debian's: an ESP, and a root whose kernels have no symlinks and whose fstab names partitions. */
async function fakeOfficialImage(): Promise<Buffer> {
  await using scratch = await scratchFolder();
  const folder = scratch.path;
  const tree = join(folder, 'tree');
  const files = {
    'boot/vmlinuz-6.1.0-9-cloud-amd64': 'older',
    'boot/vmlinuz-6.1.0-31-cloud-amd64': 'kernel',
    'boot/initrd.img-6.1.0-31-cloud-amd64': 'initrd',
    'etc/fstab': 'PARTUUID=1 / ext4 defaults 0 1\nPARTUUID=2 /boot/efi vfat defaults 0 0\n',
    'etc/kernel-img.conf': 'do_symlinks = no\n',
    'etc/cloud/cloud.cfg.d/01_debian_cloud.cfg': 'system_info: {default_user: {name: debian}}\n',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(tree, name, '..'), { recursive: true });
    await writeFile(join(tree, name), content);
  }
  const root = join(folder, 'root.img');
  await execa('mke2fs', ['-q', '-t', 'ext4', '-d', tree, root, '16M'], { env: { PATH: `${process.env.PATH}:/sbin` } });
  const raw = join(folder, 'disk.raw');
  await writeFile(
    raw,
    Buffer.concat([gpt([1, 2], [3, 16]), Buffer.alloc(2 * MIB), await readFile(root), Buffer.alloc(MIB)]),
  );
  await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, join(folder, FILE)]);
  return await readFile(join(folder, FILE));
}

beforeAll(async () => {
  await ensureTools(['qemu-img', 'mke2fs', 'debugfs']);
  qcow2 = await fakeOfficialImage();
});

beforeEach(async () => {
  vi.stubEnv('XDG_CACHE_HOME', await temporaryFolder());
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const make = async (official: OfficialImage | undefined) =>
  makeDebianImage('12', official, await ensureTools(imageTools(official)), {});

describe('the official image', () => {
  it('becomes one bare filesystem that the boot disk can start, with the default user of EC2', async () => {
    await using server = await publish(sha512(qcow2));
    const image = await make(await findOfficialImage('12', undefined, server.url));
    expect(image.source).toBe('official');

    const { stdout: info } = await execa('qemu-img', ['info', '--output', 'json', image.disk]);
    expect(JSON.parse(info)).toMatchObject({ format: 'qcow2', 'virtual-size': 8 * 2 ** 30 });
    const raw = `${image.disk}.raw`;
    await execa('qemu-img', ['convert', '-O', 'raw', image.disk, raw]);
    const inside = async (command: string) =>
      (await execa('debugfs', ['-R', command, raw], { env: { PATH: `${process.env.PATH}:/sbin` } })).stdout;
    expect(await inside('stat /vmlinuz')).toContain('Fast link dest: "boot/vmlinuz-6.1.0-31-cloud-amd64"');
    expect(await inside('stat /initrd.img')).toContain('Fast link dest: "boot/initrd.img-6.1.0-31-cloud-amd64"');
    expect(await inside('cat /etc/fstab')).toMatch(/^UUID=[0-9a-f-]{36} \/ ext4 \S+ 0 1$/);
    expect(await inside('cat /etc/kernel-img.conf')).toBe('do_symlinks = yes');
    expect(await inside('cat /etc/cloud/cloud.cfg.d/01_debian_cloud.cfg')).toContain('name: admin');
  });

  it('is made once, for callers at the same time and later ones', async () => {
    await using server = await publish(sha512(qcow2));
    const official = await findOfficialImage('12', undefined, server.url);
    const [one, two] = await Promise.all([make(official), make(official)]);
    expect(two).toEqual(one);
    expect(await findDebianImage('12')).toEqual(one);
    expect(server.requests).toEqual([`${FOLDER}/SHA512SUMS`, `${FOLDER}/${FILE}`]);
  });

  it('is not used, nor passed over, when it is not what Debian published', async () => {
    await using server = await publish('0'.repeat(128));
    const official = await findOfficialImage('12', undefined, server.url);
    await expect(make(official)).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(await findDebianImage('12')).toBeUndefined();
    expect(readdirSync(join(process.env.XDG_CACHE_HOME ?? '', 'bake', 'images'))).toEqual([]);
  });

  it('is made again when the file in the cache is not the one that was checked', async () => {
    await using server = await publish(sha512(qcow2));
    const official = await findOfficialImage('12', undefined, server.url);
    const { disk } = await make(official);
    await writeFile(disk, 'changed');
    expect(await findDebianImage('12')).toBeUndefined();
    expect(await make(official)).toMatchObject({ disk, source: 'official' });
  });

  it.each([
    ['does not answer', 'http://127.0.0.1:1'],
    ['is not a URL', 'nowhere'],
  ])('is done without when its server %s', async (_, url) => {
    expect(await findOfficialImage('12', undefined, url)).toBeUndefined();
  });
});

describe('largestPartition', () => {
  it('finds the root among the others', () => {
    expect(largestPartition(gpt([1, 3], [129, 2000], [4, 124]))).toEqual({ offset: 129 * MIB, bytes: 2000 * MIB });
  });

  it.each([
    ['a disk without a table', Buffer.alloc(34 * 512)],
    ['an empty table', gpt()],
    ['a file that is too short', Buffer.alloc(10)],
  ])('finds none on %s', (_, start) => {
    expect(largestPartition(start)).toBeUndefined();
  });
});
