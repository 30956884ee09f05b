import { BakeError } from '../model/errors.ts';
import type { Architecture, Fingerprint, ImageName, ProjectName, RunId, Version } from '../model/ids.ts';
import type { KnownImage } from '../model/known-image.ts';
import { amiName, keyPairName } from '../model/names.ts';
import type { Reservation } from '../model/reservation.ts';
import { reservationTags, runTags } from '../model/tags.ts';
import { nextVersion } from '../plan/version.ts';
import type { Builders, Clock, Images } from './effects.ts';
import { aliveUntil } from './join/alive.ts';

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
  /** What each architecture is to become, for other runs that want the same; absent for one that they may not use. */
  readonly wants: ReadonlyMap<Architecture, Fingerprint>;
  /** For the tag, as `ownerText` writes it. */
  readonly owner: string;
}

export interface ReservedKey {
  readonly id: string;
  readonly name: string;
  readonly privateKey: string;
}

export interface Reserved {
  readonly version: Version;
  readonly keys: ReadonlyMap<Architecture, ReservedKey>;
  /** What all runs had reserved when these were there, and before the AMIs were listed: what is gone from here is there. */
  readonly reservations: readonly Reservation[];
  /** The image's AMIs as listed after the reservation was made. */
  readonly images: readonly KnownImage[];
}

export interface ReserveEffects {
  readonly images: Images;
  readonly builders: Builders;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What all runs have reserved, seen after the call. */
  reservations(): Promise<readonly Reservation[]>;
}

/** More concurrent bakes of one image than this have gone wrong in another way. */
const MAX_ATTEMPTS = 200;

/**
 * Reserves one version for all architectures without a lock server: the key pair's name is unique in EC2, so creating
 * it decides who has the number. Another run may have finished and released the same number since what is taken was
 * looked up, hours ago perhaps; listing the image afterwards finds that out.
 */
export async function reserveVersion(request: ReserveRequest, effects: ReserveEffects): Promise<Reserved> {
  const taken = new Set<string>(request.taken);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const version = request.version ?? nextVersion(request.scheme, effects.clock.now(), taken);
    if (request.version !== undefined && taken.has(version))
      throw versionTaken(request, version, 'an image has it', `bake list ${request.image} shows what there is.`);
    const keys = await reserveKeys(request, version, effects);
    if (keys === undefined) {
      if (request.version !== undefined) throw versionTaken(request, version, 'another bake has reserved it', SWEEP);
      taken.add(version);
      continue;
    }
    const seen = await releasingOnError(keys, effects.builders, () => lookAround(request, keys, effects));
    // Versions are an image's, whatever the architecture.
    const used = new Set<string>(seen.images.map((known) => known.version));
    if (!used.has(version)) return { version, keys, ...seen };
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

/** One more architecture of a version that this run has in another one; undefined when it is taken in this one. */
export async function reserveBeside(
  request: ReserveRequest,
  version: Version,
  effects: ReserveEffects,
): Promise<Reserved | undefined> {
  const keys = await reserveKeys(request, version, effects);
  if (keys === undefined) return undefined;
  const seen = await releasingOnError(keys, effects.builders, () => lookAround(request, keys, effects));
  const names = request.architectures.map((one) => amiName(request.project, request.image, version, one));
  if (!seen.images.some(({ name }) => names.includes(name))) return { version, keys, ...seen };
  await releaseKeys(keys, effects.builders);
  return undefined;
}

/** Looks for one's own reservations until EC2 lists them; then it lists those of before as well. */
const LOOKS = 5;
const LOOK_PAUSE = 1_000;

async function lookAround(
  { project, image }: ReserveRequest,
  keys: Reserved['keys'],
  { images, reservations, clock, signal }: ReserveEffects,
): Promise<Pick<Reserved, 'reservations' | 'images'>> {
  const ours = [...keys.values()].map(({ id }) => id);
  for (let left = LOOKS; ; left--) {
    const seen = await reservations();
    const ids = new Set(seen.map(({ id }) => id));
    if (left <= 1 || ours.every((id) => ids.has(id)))
      return { reservations: seen, images: await images.list(project, image) };
    await clock.sleep(LOOK_PAUSE, signal);
  }
}

async function reserveKeys(
  request: ReserveRequest,
  version: Version,
  { builders, clock }: Pick<ReserveEffects, 'builders' | 'clock'>,
): Promise<Reserved['keys'] | undefined> {
  const { project, image, run, wants, owner } = request;
  const keys = new Map<Architecture, ReservedKey>();
  for (const architecture of request.architectures) {
    const name = keyPairName(project, image, version, architecture);
    const tags = {
      ...runTags({ project, image, version, architecture }, run),
      ...reservationTags(wants.get(architecture), owner, aliveUntil(clock.now())),
    };
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

const SWEEP = 'What a killed run has reserved, bake sweep gives back.';

function versionTaken({ image }: ReserveRequest, version: Version, how: string, more: string): BakeError {
  return new BakeError({
    code: 'version-taken',
    message: `version ${version} of ${image} is taken: ${how}`,
    hint: `Choose another --version, or leave it out. ${more}`,
    blame: 'user',
  });
}
