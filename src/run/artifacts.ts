import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Artifact } from '../model/artifact.ts';
import { mapBounded } from '../model/bounded.ts';
import { BakeError } from '../model/errors.ts';
import { lineage } from '../model/graph.ts';
import type { Digest, ImageName } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import { sentArtifact } from '../render/artifacts.ts';
import { artifactChanged, artifactsUnusable } from './artifact-errors.ts';
import type { Artifacts } from './effects.ts';

/** Each is a file that is read from end to end, or fetched. */
const AT_ONCE = 4;

/** Stands for content that is not there, of a parent that nobody asked for: no image was ever baked of it. */
const NOT_THERE = '0'.repeat(64) as Digest;

export interface Settled {
  readonly config: Config;
  /** Ancestors whose artefacts are not there: whether they are up to date cannot be told. */
  readonly unknown: readonly { readonly image: ImageName; readonly error: BakeError }[];
}

/**
 * The configuration with what the artefacts of these images and their ancestors hold now. Ancestors may lack theirs
 * where `ancestors` says so: they are built by somebody else. Throws what is wrong with all others at once.
 */
export async function settleArtifacts(
  config: Config,
  names: readonly ImageName[],
  artifacts: Artifacts,
  ancestors: 'needed' | 'may-lack',
): Promise<Settled> {
  const images = [...new Set(names.flatMap((name) => lineage(config.images, name)))];
  const wanted = images.flatMap((image) => (image.artifacts ?? []).map((artifact) => ({ image, artifact })));
  if (wanted.length === 0) return { config, unknown: [] };
  const errors: { image: ImageName; error: BakeError }[] = [];
  const unknown: { image: ImageName; error: BakeError }[] = [];
  const digests = new Map<Artifact, Digest>();
  const looked = await mapBounded(wanted, AT_ONCE, ({ artifact }) => artifacts.digestOf(artifact).catch(reasonOf));
  for (const [index, { image, artifact }] of wanted.entries()) {
    const found = looked[index];
    digests.set(artifact, typeof found === 'string' ? found : NOT_THERE);
    if (!(found instanceof BakeError)) continue;
    const mayLack = ancestors === 'may-lack' && found.code === 'artifact-missing' && !names.includes(image.name);
    (mayLack ? unknown : errors).push({ image: image.name, error: found });
  }
  const [first, ...others] = errors;
  if (first !== undefined) throw others.length === 0 ? first.error : artifactsUnusable(errors);
  const settled = images.map((image) => [image.name, withDigests(image, digests)] as const);
  return { config: { ...config, images: new Map([...config.images, ...settled]) }, unknown };
}

/** What is wrong with the artefact itself; anything else ends the command. */
function reasonOf(error: unknown): BakeError {
  if (error instanceof BakeError && error.code.startsWith('artifact-')) return error;
  throw error;
}

function withDigests(image: Image, digests: ReadonlyMap<Artifact, Digest>): Image {
  const { artifacts } = image;
  if (artifacts === undefined) return image;
  const settled = artifacts.map((artifact) => {
    const sha256 = digests.get(artifact);
    return sha256 === undefined ? artifact : { ...artifact, sha256 };
  });
  return { ...image, artifacts: settled };
}

/** Puts the content of an image's artefacts beside its template. Throws `artifact-changed` for what is not as planned. */
export async function copyArtifacts(dir: string, { artifacts: own = [] }: Image, artifacts: Artifacts): Promise<void> {
  for (const [index, artifact] of own.entries()) {
    const hash = createHash('sha256');
    const to = join(dir, sentArtifact(index));
    const read = createReadStream(await artifacts.fileOf(artifact));
    await pipeline(
      read,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(to, { mode: 0o600 }),
    );
    if (hash.digest('hex') === artifact.sha256) continue;
    await rm(to, { force: true });
    throw artifactChanged(artifact);
  }
}

/** They may be large, and runs' folders are kept for their logs. */
export async function removeArtifacts(dir: string, { artifacts = [] }: Image): Promise<void> {
  for (const index of artifacts.keys()) await rm(join(dir, sentArtifact(index)), { force: true });
}
