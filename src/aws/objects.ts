import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { artifactSourceText, type S3Object } from '../model/artifact.ts';
import type { Digest } from '../model/ids.ts';
import type { AwsConnection } from './connection.ts';
import { attempting } from './errors.ts';
import { orAbsent, s3Client } from './s3.ts';
import { GetObjectCommand, HeadObjectCommand, type HeadObjectCommandOutput } from './sdk/s3.ts';

/** What tells one content of a key from the next. */
export interface ObjectVersion {
  readonly etag: string;
  readonly versionId: string;
}

export interface ObjectReader {
  /** Undefined where there is no such object. */
  look(object: S3Object): Promise<ObjectVersion | undefined>;
  /** Writes its content into a file, a piece at a time. Undefined where there is no such object. */
  download(object: S3Object, file: string): Promise<(ObjectVersion & { readonly sha256: Digest }) | undefined>;
}

/** A connection may break in the middle of an object, and the SDK sees only how an answer begins. */
const ATTEMPTS = 3;

export function createObjectReader(connection: AwsConnection, signal: AbortSignal): ObjectReader {
  const client = s3Client(connection, { followRegionRedirects: true });
  const attempt = attempting(connection);
  const options = { abortSignal: signal };
  const calling = <T>(object: S3Object, call: () => Promise<T>) =>
    attempt(`read ${artifactSourceText({ s3: object })}`, () => orAbsent(call)).catch((error) => {
      signal.throwIfAborted();
      throw error;
    });

  const once = async (object: S3Object, file: string) => {
    const found = await client.send(new GetObjectCommand(inputOf(object)), options);
    if (!(found.Body instanceof Readable)) throw new Error('the answer of S3 has no content');
    const hash = createHash('sha256');
    const hashed = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    };
    await pipeline(found.Body, hashed, createWriteStream(file), { signal });
    return { ...versionOf(found), sha256: hash.digest('hex') as Digest };
  };
  return {
    look: (object) =>
      calling(object, async () => versionOf(await client.send(new HeadObjectCommand(inputOf(object)), options))),
    download: (object, file) =>
      calling(object, async () => {
        for (let left = ATTEMPTS - 1; ; left--) {
          try {
            return await once(object, file);
          } catch (error) {
            if (left === 0 || signal.aborted || !brokeOff(error)) throw error;
          }
        }
      }),
  };
}

const inputOf = ({ bucket, key, versionId }: S3Object) => ({
  Bucket: bucket,
  Key: key,
  ...(versionId === undefined ? {} : { VersionId: versionId }),
});

const versionOf = ({
  ETag: etag = '',
  VersionId: versionId = '',
}: Pick<HeadObjectCommandOutput, 'ETag' | 'VersionId'>) => ({
  etag,
  versionId,
});

const brokeOff = (error: unknown): boolean =>
  error instanceof Error &&
  ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as NodeJS.ErrnoException).code ?? '');
