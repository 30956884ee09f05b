import { stat } from 'node:fs/promises';
import type { AwsConnection } from '../aws/connection.ts';
import type { ObjectReader } from '../aws/objects.ts';
import { isFault } from '../config/faults.ts';
import { digestOfFile } from '../config/layers/digest.ts';
import type { Artifact, S3Object } from '../model/artifact.ts';
import { BakeError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import {
  artifactChanged,
  artifactDigest,
  artifactMissing,
  artifactNotFetched,
  artifactUnusable,
} from '../run/artifact-errors.ts';
import type { Artifacts } from '../run/effects.ts';

/** Files of this machine, objects read with our own credentials, and what is on the web. */
export function openArtifacts(connection: AwsConnection, signal: AbortSignal): Artifacts {
  let opened: Promise<ObjectReader> | undefined;
  const objects = () => {
    opened ??= import('../aws/objects.ts').then(({ createObjectReader }) => createObjectReader(connection, signal));
    return opened;
  };
  return {
    digestOf: async (artifact) => {
      const { from, sha256 } = artifact;
      if ('file' in from) return fileDigest(artifact, from.file);
      return sha256 ?? ('s3' in from ? objectDigest(artifact, from.s3, await objects()) : sha256Lacking(artifact));
    },
    fileOf: async (artifact) => {
      const { from, sha256 = sha256Lacking(artifact) } = artifact;
      if ('file' in from) return from.file;
      const { cachedContent } = await import('../setup/content-cache.ts');
      return cachedContent(
        sha256,
        async (file) => {
          if ('s3' in from) await downloadObject(artifact, from.s3, file, await objects());
          else await downloadUrl(artifact, from.url, sha256, file, signal);
        },
        signal,
      );
    },
  };
}

async function fileDigest(artifact: Artifact, file: string): Promise<Digest> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) {
      const hint = 'Have your build pack it into one file, and a script of a layer unpack that.';
      throw artifactUnusable(artifact, 'is a folder; an artefact is one file', hint);
    }
    if (!found.isFile()) throw artifactUnusable(artifact, 'is no regular file', 'Name a file that can be read twice.');
    const digest = await digestOfFile(file, found.size);
    if (artifact.sha256 === undefined || artifact.sha256 === digest) return digest;
    throw artifactDigest(artifact, digest);
  } catch (error) {
    if (isFault(error, 'ENOENT', 'ENOTDIR')) throw artifactMissing(artifact, error);
    if (isFault(error, 'EACCES', 'EPERM')) {
      throw artifactUnusable(artifact, 'may not be read by this user', 'Check the owner and the mode of the file.');
    }
    throw error;
  }
}

/** Read once for each content of a key, and again only where the cache is gone. */
async function objectDigest(artifact: Artifact, object: S3Object, objects: ObjectReader): Promise<Digest> {
  const { addContent, knownDigest } = await import('../setup/content-cache.ts');
  const now = await objects.look(object);
  if (now === undefined) throw artifactMissing(artifact);
  const exactly = { ...object, ...(now.versionId === '' ? {} : { versionId: now.versionId }) };
  return knownDigest([object.bucket, object.key, now.versionId, now.etag], () =>
    addContent(async (file) => {
      const found = await objects.download(exactly, file);
      if (found === undefined) throw artifactMissing(artifact);
      // Without versions somebody may have replaced it in between, and what is noted is noted for good.
      if (found.etag !== now.etag) throw artifactChanged(artifact);
      return found.sha256;
    }),
  );
}

async function downloadObject(artifact: Artifact, object: S3Object, file: string, objects: ObjectReader) {
  const found = await objects.download(object, file);
  if (found === undefined) throw artifactMissing(artifact);
  if (found.sha256 !== artifact.sha256) throw artifactDigest(artifact, found.sha256);
}

async function downloadUrl(artifact: Artifact, url: string, sha256: Digest, file: string, signal: AbortSignal) {
  const { downloadVerified } = await import('../setup/download.ts');
  await downloadVerified(url, file, { algorithm: 'sha256', checksum: sha256 }, { signal }).catch((error: unknown) => {
    if (!(error instanceof BakeError)) throw error;
    // Their messages have the whole address, and a part of it may be a signature.
    if (error.code === 'checksum-mismatch') throw artifactDigest(artifact, error.message.replace(/^.* got /s, ''));
    throw artifactNotFetched(artifact, error.cause);
  });
}

function sha256Lacking({ name }: Artifact): never {
  throw new Error(`artefact ${name} has passed the configuration's checks without a sha256`);
}
