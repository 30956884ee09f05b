import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Digest } from '../../model/ids.ts';

const CHUNK = 1 << 20;

/** sha256 of the UTF-8 bytes. */
export function digestOfText(text: string): Digest {
  return createHash('sha256').update(text).digest('hex') as Digest;
}

/** sha256 of a file's bytes, of which it holds one chunk at a time: layers may carry large artefacts. `size` is a hint. */
export async function digestOfFile(path: string, size: number): Promise<Digest> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(Math.max(size, 1), CHUNK));
    for (;;) {
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return hash.digest('hex') as Digest;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
