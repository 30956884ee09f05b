import { createHash } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { SandboxImage } from '../../src/model/image.ts';
import { bootModeOf } from '../../src/sandbox/boot-mode.ts';
import { findUserImage, makeUserImage } from '../../src/sandbox/user-image.ts';
import { ensureTools, type ToolPaths } from '../../src/setup/ensure-tools.ts';
import type { StepEvent } from '../../src/setup/steps.ts';
import { diskImage, diskStart } from '../helpers/disk-images.ts';
import { serve } from '../setup/local-server.ts';
import { temporaryFolder } from '../setup/temporary-folder.ts';

const BIOS = diskStart({ bootCode: true, partitions: [{ type: 'linux', at: 1, size: 2 }] });
const UEFI = diskStart({ partitions: [{ type: 'efi', at: 1, size: 2 }] });

let tools: ToolPaths;
let folder: string;

beforeAll(async () => {
  tools = await ensureTools(['qemu-img']);
});

beforeEach(async () => {
  folder = await temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const alias = 'ubuntu:24.04';
const make = (image: SandboxImage, onStep?: (event: StepEvent) => void) =>
  makeUserImage({ alias, image }, tools, { onStep });
const digest = (algorithm: 'sha256' | 'sha512', content: Buffer) => ({
  algorithm,
  checksum: createHash(algorithm).update(content).digest('hex'),
});
const cached = () => readdir(join(folder, 'cache', 'bake', 'images')).catch(() => []);

async function fileWith(content: Buffer | string, name = 'noble.img'): Promise<SandboxImage['from']> {
  await writeFile(join(folder, name), content);
  return { file: join(folder, name) };
}

describe('an image by URL', () => {
  it('is downloaded once, with progress, and verified', async () => {
    const content = await diskImage(BIOS, 'qcow2');
    await using server = await serve({ '/noble.img': content });
    const image = { from: { url: `${server.url}/noble.img` }, checksum: digest('sha256', content) };
    const events: StepEvent[] = [];
    const made = await make(image, (event) => events.push(event));
    expect(made).toMatchObject({ source: 'user', sizeGiB: 1, bootMode: 'legacy-bios' });
    expect(made.stamp).toMatch(/^[0-9a-f]{12}$/);
    expect(events.filter(({ state }) => state !== 'output').map(({ step, state }) => `${step} ${state}`)).toEqual([
      'image of ubuntu:24.04 started',
      'image of ubuntu:24.04 done',
    ]);
    expect(events.some((event) => event.state === 'output' && / of \d+ MiB$/.test(event.line))).toBe(true);
    expect(await make(image)).toEqual(made);
    expect(await findUserImage({ alias, image })).toEqual(made);
    expect(server.requests).toEqual(['/noble.img']);
    expect((await cached()).filter((name) => !name.startsWith(`ubuntu-24.04-${made.stamp}.qcow2`))).toEqual([]);
  });

  it('is refused when it is another one, and nothing is kept', async () => {
    const content = await diskImage(BIOS, 'qcow2');
    await using server = await serve({ '/noble.img': content });
    const image = { from: { url: `${server.url}/noble.img` }, checksum: digest('sha512', Buffer.from('other')) };
    await expect(make(image)).rejects.toMatchObject({
      code: 'checksum-mismatch',
      message: expect.stringContaining(`${server.url}/noble.img`),
      hint: expect.stringContaining('sandbox.images'),
      blame: 'user',
    });
    expect(await cached()).toEqual([]);
  });

  it('is an error when its server does not have it', async () => {
    await using server = await serve({});
    const image = { from: { url: `${server.url}/gone.img` }, checksum: digest('sha256', BIOS) };
    await expect(make(image)).rejects.toMatchObject({ code: 'download-failed' });
  });
});

describe('an image by file', () => {
  it.each([
    ['raw', 4, 1],
    ['vmdk', 1100, 2],
    ['qcow2', 1100, 2],
  ] as const)('in the format %s is a qcow2 of its own', async (format, mib, sizeGiB) => {
    const content = await diskImage(BIOS, format, mib);
    const made = await make({ from: await fileWith(content), checksum: digest('sha512', content) });
    expect(made).toMatchObject({ sizeGiB, bootMode: 'legacy-bios' });
    const { stdout } = await execa('qemu-img', ['info', '--output', 'json', made.disk]);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'qcow2', 'virtual-size': mib * 2 ** 20 });
    expect(JSON.parse(stdout)).not.toHaveProperty('backing-filename');
    expect(content.equals(await readFile(join(folder, 'noble.img')))).toBe(true);
  });

  it('is another image once the file is another', async () => {
    const from = await fileWith(await diskImage(BIOS, 'raw'));
    const before = await make({ from });
    expect(await findUserImage({ alias, image: { from } })).toEqual(before);
    await utimes(join(folder, 'noble.img'), new Date(), (await stat(join(folder, 'noble.img'))).mtimeMs / 1000 + 60);
    expect(await findUserImage({ alias, image: { from } })).toBeUndefined();
    expect((await make({ from })).stamp).not.toBe(before.stamp);
  });

  it('boots by UEFI where nothing else is on it', async () => {
    expect(await make({ from: await fileWith(await diskImage(UEFI, 'qcow2')) })).toMatchObject({ bootMode: 'uefi' });
  });

  it('is refused when its content is not what the checksum says', async () => {
    const image = { from: await fileWith(BIOS), checksum: digest('sha256', UEFI) };
    await expect(make(image)).rejects.toMatchObject({ code: 'checksum-mismatch', blame: 'user' });
  });

  it('is an error when it is not there', async () => {
    const image = { from: { file: join(folder, 'gone.img') } };
    const error = { code: 'sandbox-image-missing', message: expect.stringContaining('gone.img'), blame: 'user' };
    await expect(findUserImage({ alias, image })).rejects.toMatchObject(error);
    await expect(make(image)).rejects.toMatchObject(error);
  });

  it.each([
    ['a web page', Buffer.from('<html>Not found</html>'), 'it is not a disk image'],
    ['an empty file', Buffer.alloc(0), 'it is not a disk image'],
    ['a filesystem without a boot loader', Buffer.alloc(2 ** 20), 'it is not a disk image'],
    [
      'a disk of data',
      diskStart({ partitions: [{ type: 'linux', at: 1, size: 2 }] }),
      'it has no boot loader, for BIOS or UEFI',
    ],
    ['a damaged qcow2', Buffer.from('QFI\xfb\0\0\0\x09damaged', 'latin1'), 'qemu-img cannot read it'],
  ])('is refused when it is %s', async (_, content, problem) => {
    const image = { from: await fileWith(content) };
    await expect(make(image)).rejects.toMatchObject({
      code: 'sandbox-image-unusable',
      message: expect.stringContaining(problem),
      hint: expect.stringContaining('sandbox.images'),
    });
    expect((await cached()).filter((name) => !name.endsWith('.lock'))).toEqual([]);
  });

  it('is refused when it is half of one', async () => {
    await fileWith(await diskImage(BIOS, 'raw'), 'base.img');
    const file = join(folder, 'noble.img');
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', join(folder, 'base.img'), '-F', 'raw', file]);
    await expect(make({ from: { file } })).rejects.toMatchObject({
      code: 'sandbox-image-unusable',
      message: expect.stringContaining('it is only the difference to'),
    });
  });
});

test('BIOS comes before UEFI, as it takes less time', () => {
  expect(bootModeOf(diskStart({ bootCode: true, partitions: [{ type: 'efi', at: 1, size: 2 }] }))).toBe('legacy-bios');
});
