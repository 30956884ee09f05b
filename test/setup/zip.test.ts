import { describe, expect, it } from 'vitest';
import { unzipEntry } from '../../src/setup/zip.ts';
import { zipOf } from './zip-archive.ts';

describe('unzipEntry', () => {
  it.each(['deflated', 'stored'] as const)('reads a %s file among others', async (method) => {
    const archive = zipOf({ 'LICENSE.txt': 'terms', packer: '#!/bin/sh\n'.repeat(50) }, method);
    expect(String(await unzipEntry(archive, 'packer', 'a.zip'))).toBe('#!/bin/sh\n'.repeat(50));
  });

  it.each([
    ['no such file', zipOf({ other: 'x' }), 'a.zip: has no packer'],
    ['another compression', zipOf({ packer: 'x' }, 'bzip2'), 'a.zip: uses compression 12'],
    ['no archive', Buffer.from('<html>an error page of a proxy</html>'), 'a.zip: is not a zip archive'],
    ['an empty file', Buffer.alloc(0), 'a.zip: is not a zip archive'],
  ])('refuses %s', async (_, archive, message) => {
    await expect(unzipEntry(archive, 'packer', 'a.zip')).rejects.toMatchObject({ code: 'bad-archive', message });
  });

  it('refuses an archive that was cut off', async () => {
    const archive = zipOf({ packer: 'content' });
    await expect(unzipEntry(archive.subarray(20), 'packer', 'a.zip')).rejects.toMatchObject({ code: 'bad-archive' });
  });
});
