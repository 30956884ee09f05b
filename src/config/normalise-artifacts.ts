import { resolve } from 'node:path';
import { type Artifact, type ArtifactSource, parseS3Address } from '../model/artifact.ts';
import { parseDigest } from '../model/ids.ts';
import type { WrittenArtifact } from './artifact-schema.ts';
import { DEFAULTS } from './defaults.ts';
import { sound } from './sound.ts';

/** By name, so that it does not matter in which order they are written. */
export function artifactsOf(written: Readonly<Record<string, WrittenArtifact>>, root: string): readonly Artifact[] {
  return Object.entries(written)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { sha256, destination, owner, group, mode, ...source }]) => ({
      name,
      from: sourceOf(source, root),
      ...(sha256 === undefined ? {} : { sha256: sound(parseDigest(sha256.toLowerCase())) }),
      destination,
      owner: owner ?? DEFAULTS.artifact.owner,
      group: group ?? DEFAULTS.artifact.group,
      mode: mode ?? DEFAULTS.artifact.mode,
    }));
}

function sourceOf({ path, s3, url }: Pick<WrittenArtifact, 'path' | 's3' | 'url'>, root: string): ArtifactSource {
  if (path !== undefined) return { file: resolve(root, path) };
  return url === undefined ? { s3: sound(parseS3Address(sound(s3))) } : { url };
}
