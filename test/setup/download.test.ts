import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checksumOf, downloadVerified, fetchText } from '../../src/setup/download.ts';
import { serve } from './local-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
const target = async () => join(await temporaryFolder(), 'file');

describe('checksumOf', () => {
  const sums = 'AA11  packer_1.zip\nbb22 *packer_2.zip\ncc33  not-packer_1.zip\n';
  it.each([
    ['packer_1.zip', 'aa11'],
    ['packer_2.zip', 'bb22'],
  ])('finds %s', (file, checksum) => {
    expect(checksumOf(file, sums, 'SUMS')).toBe(checksum);
  });

  it('refuses a file that is not listed', () => {
    expect(() => checksumOf('packer', sums, 'http://x/SUMS')).toThrow('http://x/SUMS names no checksum for packer');
  });
});

describe('downloadVerified', () => {
  it('keeps a file with the right checksum and tells how far it is', async () => {
    await using server = await serve({ '/file': 'content' });
    const file = await target();
    const lines: string[] = [];
    const expected = { algorithm: 'sha256', checksum: sha256('content') } as const;
    await downloadVerified(`${server.url}/file`, file, expected, { onLine: (line) => lines.push(line) });
    expect(readFileSync(file, 'utf8')).toBe('content');
    expect(lines).toEqual(['0 of 0 MiB']);
  });

  it('keeps nothing of a file that was changed', async () => {
    await using server = await serve({ '/file': 'tampered' });
    const file = await target();
    const expected = { algorithm: 'sha256', checksum: sha256('content') } as const;
    await expect(downloadVerified(`${server.url}/file`, file, expected)).rejects.toMatchObject({
      code: 'checksum-mismatch',
      message: expect.stringContaining(sha256('tampered')),
    });
    expect(existsSync(file)).toBe(false);
  });

  it('keeps nothing of a download that was interrupted, and throws why', async () => {
    await using server = await serve({ '/file': 'hang' });
    const file = await target();
    const stop = new AbortController();
    const download = downloadVerified(
      `${server.url}/file`,
      file,
      { algorithm: 'sha256', checksum: '' },
      { signal: stop.signal },
    );
    const reason = new Error('Ctrl-C');
    setImmediate(() => stop.abort(reason));
    await expect(download).rejects.toBe(reason);
    expect(existsSync(file)).toBe(false);
  });

  it('names the URL and the status of a failure', async () => {
    await using server = await serve({});
    const expected = { algorithm: 'sha256', checksum: '' } as const;
    await expect(downloadVerified(`${server.url}/gone`, await target(), expected)).rejects.toMatchObject({
      code: 'download-failed',
      message: `cannot download ${server.url}/gone: HTTP 404`,
    });
  });
});

describe('fetchText', () => {
  it('gives up at its limit', async () => {
    await using server = await serve({ '/slow': 'hang' });
    await expect(fetchText(`${server.url}/slow`, 50)).rejects.toMatchObject({ code: 'download-failed' });
  });

  it('names what failed, not that fetch did', async () => {
    await expect(fetchText('http://127.0.0.1:1/', 1_000)).rejects.toMatchObject({
      message: expect.not.stringContaining('fetch failed'),
    });
  });
});
