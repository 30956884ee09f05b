import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { installPackerRelease } from '../../src/setup/packer-release.ts';
import { probeTools } from '../../src/setup/probe.ts';
import { serve } from './local-server.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { zipOf } from './zip-archive.ts';

const SCRIPT = '#!/bin/sh\necho "1700000000,,version,9.8.7"\n';
const archive = zipOf({ 'LICENSE.txt': 'terms', packer: SCRIPT });
const sums = (content: Buffer) =>
  `${'0'.repeat(64)}  packer_9.8.7_darwin_arm64.zip\n` +
  `${createHash('sha256').update(content).digest('hex')}  packer_9.8.7_linux_amd64.zip\n`;

const release = (sumsOf: Buffer) =>
  serve({
    '/packer/9.8.7/packer_9.8.7_SHA256SUMS': sums(sumsOf),
    '/packer/9.8.7/packer_9.8.7_linux_amd64.zip': archive,
  });

const request = async (baseUrl: string, platform = 'linux_amd64') => ({
  baseUrl,
  platform,
  version: '9.8.7',
  folder: await temporaryFolder(),
});

describe('installPackerRelease', () => {
  it('installs an executable that the probe then finds', async () => {
    await using server = await release(archive);
    const options = await request(server.url);
    const path = await installPackerRelease(options, {});
    expect((await execa(path)).stdout).toContain('9.8.7');
    expect(readdirSync(options.folder)).toEqual(['packer']);
    expect(await probeTools(['packer'], { folders: [options.folder] })).toEqual([
      { name: 'packer', purpose: 'bakes images', status: 'present', path, version: '9.8.7' },
    ]);
  });

  it('leaves nothing of a release whose checksum is not the published one', async () => {
    await using server = await release(Buffer.from('another archive'));
    const options = await request(server.url);
    await expect(installPackerRelease(options, {})).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(readdirSync(options.folder)).toEqual([]);
  });

  it('downloads nothing for a platform that is not released', async () => {
    await using server = await release(archive);
    await expect(installPackerRelease(await request(server.url, 'plan9_386'), {})).rejects.toMatchObject({
      code: 'checksum-unknown',
    });
    expect(server.requests).toEqual(['/packer/9.8.7/packer_9.8.7_SHA256SUMS']);
  });
});
