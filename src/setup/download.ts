import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { checksumMismatch, checksumUnknown, downloadFailed } from './errors.ts';
import type { OnLine } from './steps.ts';

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: OnLine | undefined;
}

export type ChecksumAlgorithm = 'sha256' | 'sha512';

/** A small text file. Throws `download-failed`, also when it takes longer than `milliseconds`. */
export async function fetchText(url: string, milliseconds: number, signal?: AbortSignal): Promise<string> {
  const limit = AbortSignal.timeout(milliseconds);
  try {
    const response = await fetch(url, { signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw downloadFailed(url, rootCause(error));
  }
}

/** The checksum of `file` in a SUMS file: lines of `<hex>  <name>`. Throws `checksum-unknown`. */
export function checksumOf(file: string, sums: string, url: string): string {
  for (const line of sums.split('\n')) {
    const [checksum, name] = line.trim().split(/\s+\*?/);
    if (checksum !== undefined && name === file) return checksum.toLowerCase();
  }
  throw checksumUnknown(url, file);
}

/**
 * Downloads into `file`, which exists afterwards only if its content has the checksum. Says every tenth of the way.
 * Throws `download-failed` or `checksum-mismatch`.
 */
export async function downloadVerified(
  url: string,
  file: string,
  expected: { readonly algorithm: ChecksumAlgorithm; readonly checksum: string },
  { signal, onLine }: DownloadOptions = {},
): Promise<void> {
  const hash = createHash(expected.algorithm);
  try {
    const response = await fetch(url, signal === undefined ? {} : { signal });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const observe = observing(hash, Number(response.headers.get('content-length') ?? 0), onLine);
    await pipeline(Readable.fromWeb(response.body), observe, createWriteStream(file));
  } catch (error) {
    await rm(file, { force: true });
    signal?.throwIfAborted();
    throw downloadFailed(url, rootCause(error));
  }
  const actual = hash.digest('hex');
  if (actual === expected.checksum) return;
  await rm(file, { force: true });
  throw checksumMismatch(url, expected.checksum, actual);
}

function observing(hash: { update(chunk: Buffer): unknown }, total: number, onLine?: OnLine): Transform {
  let bytes = 0;
  let tenths = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      const reached = total === 0 ? 0 : Math.floor((bytes * 10) / total);
      if (reached > tenths) onLine?.(`${Math.round(bytes / 2 ** 20)} of ${Math.round(total / 2 ** 20)} MiB`);
      tenths = reached;
      done(null, chunk);
    },
  });
}

/** `fetch failed` says nothing; what failed is its cause. */
const rootCause = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error;
