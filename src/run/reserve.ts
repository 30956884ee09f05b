import { BakeError } from '../model/errors.ts';
import type { Architecture, ImageName, ProjectName, RunId, Version } from '../model/ids.ts';
import type { KnownImage } from '../model/known-image.ts';
import { keyPairName } from '../model/names.ts';
import { runTags } from '../model/tags.ts';
import { nextVersion } from '../plan/version.ts';
import type { Builders, Clock, Images } from './effects.ts';

export interface ReserveRequest {
  readonly project: ProjectName;
  readonly image: ImageName;
  /** All that are baked in this run: they share the version. */
  readonly architectures: readonly Architecture[];
  readonly scheme: string;
  /** Given by `--version`. */
  readonly version?: Version | undefined;
  readonly run: RunId;
  /** Versions that are in use, as far as is known. What is missing here costs an attempt and no more. */
  readonly taken: Iterable<string>;
}

export interface Reserved {
  readonly version: Version;
  readonly keys: ReadonlyMap<Architecture, { readonly name: string; readonly privateKey: string }>;
  /** The image's AMIs as listed after the reservation was made. */
  readonly images: readonly KnownImage[];
}

/** More concurrent bakes of one image than this have gone wrong in another way. */
const MAX_ATTEMPTS = 200;

/**
 * Reserves one version for all architectures without a lock server: the key pair's name is unique in EC2, so creating
 * it decides who has the number. Another run may have finished and released the same number since what is taken was
 * looked up, hours ago perhaps; listing the image afterwards finds that out.
 */
export async function reserveVersion(
  request: ReserveRequest,
  effects: { readonly images: Images; readonly builders: Builders; readonly clock: Clock },
): Promise<Reserved> {
  const taken = new Set<string>(request.taken);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const version = request.version ?? nextVersion(request.scheme, effects.clock.now(), taken);
    if (request.version !== undefined && taken.has(version)) throw versionTaken(request, version, 'an image has it');
    const keys = await reserveKeys(request, version, effects.builders);
    if (keys === undefined) {
      if (request.version !== undefined) throw versionTaken(request, version, 'another bake has reserved it');
      taken.add(version);
      continue;
    }
    const images = await releasingOnError(keys, effects.builders, () => list(request, effects.images));
    // Versions are an image's, whatever the architecture.
    const used = new Set<string>(images.map((known) => known.version));
    if (!used.has(version)) return { version, keys, images };
    await releaseKeys(keys, effects.builders);
    for (const one of used) taken.add(one);
  }
  throw new BakeError({
    code: 'version-not-reserved',
    message: `no free version of ${request.image} after ${MAX_ATTEMPTS} attempts`,
    hint: `Look at the key pairs named bake/${request.project}/${request.image}/…: each reserves a version.`,
    blame: 'cloud',
  });
}

async function reserveKeys(
  request: ReserveRequest,
  version: Version,
  builders: Builders,
): Promise<Reserved['keys'] | undefined> {
  const { project, image, run } = request;
  const keys = new Map<Architecture, { name: string; privateKey: string }>();
  for (const architecture of request.architectures) {
    const name = keyPairName(project, image, version, architecture);
    const tags = runTags({ project, image, version, architecture }, run);
    const key = await releasingOnError(keys, builders, () => builders.reserve(name, tags));
    if (key === undefined) {
      await releaseKeys(keys, builders);
      return undefined;
    }
    keys.set(architecture, { name, ...key });
  }
  return keys;
}

/** A call that fails must not leave the reservations of before it behind. */
async function releasingOnError<T>(keys: Reserved['keys'], builders: Builders, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    await releaseKeys(keys, builders).catch(() => undefined);
    throw error;
  }
}

async function releaseKeys(keys: Reserved['keys'], builders: Builders): Promise<void> {
  for (const { name } of keys.values()) await builders.release(name);
}

const list = ({ project, image }: ReserveRequest, images: Images) => images.list(project, image);

function versionTaken({ image }: ReserveRequest, version: Version, how: string): BakeError {
  return new BakeError({
    code: 'version-taken',
    message: `version ${version} of ${image} is taken: ${how}`,
    hint: `Choose another --version, or leave it out. bake list ${image} shows what there is.`,
    blame: 'user',
  });
}
