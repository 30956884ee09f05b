import type { TargetId } from '../../model/channel.ts';
import {
  type ImageName,
  type ProjectName,
  parseImageName,
  parseRunId,
  parseVersion,
  type RunId,
} from '../../model/ids.ts';
import type { Tags } from '../../model/image.ts';
import { keyPairName, parseAmiName } from '../../model/names.ts';
import type { Leftover, LeftoverReason, SeenImage, SeenSnapshot, Thing } from '../../model/sweep.ts';
import { TAG } from '../../model/tags.ts';
import { isDead } from '../promotion/attempt.ts';

/** Something that goes when its run is over. */
export interface Belonging {
  readonly leftover: Leftover;
  readonly tags: Tags;
  /** What lives and dies together: all of one run, at every site. */
  readonly owner: string;
}

/** What at one site is the project's and temporary. Whatever something else says of, or nothing proves, is not. */
export function belongings(project: ProjectName, site: TargetId, things: readonly Thing[]): readonly Belonging[] {
  const proofs = proofsIn(project, things);
  const images = new Map(things.flatMap((thing) => (thing.kind === 'image' ? [[thing.id, thing] as const] : [])));
  return things.flatMap((thing) => {
    const claim = claimOf(thing, proofs, images);
    if (claim === undefined) return [];
    const { why, run, image = parseImageName(thing.tags[TAG.image] ?? ''), of } = claim;
    const leftover = {
      site,
      kind: thing.kind,
      id: thing.id,
      name: thing.name,
      why,
      ...(run === undefined ? {} : { run }),
      ...(image === undefined ? {} : { image }),
      ...(thing.createdAt === undefined ? {} : { createdAt: thing.createdAt }),
      ...(of === undefined ? {} : { of }),
    };
    return [{ leftover, tags: thing.tags, owner: run ?? `${site} ${of ?? thing.id}` }];
  });
}

/** It may have changed since it was listed. */
export function isStillLeft({ why }: Pick<Leftover, 'why'>, image: Pick<SeenImage, 'tags' | 'state'>): boolean {
  if (why === 'unfinished') return image.tags[TAG.fingerprint] === undefined;
  return why !== 'failed-copy' || isDead(image);
}

interface Claim {
  readonly why: LeftoverReason;
  readonly run?: RunId | undefined;
  readonly image?: ImageName | undefined;
  /** AMI of a snapshot. */
  readonly of?: string;
}

/** What tells of something without tags whose it is. */
interface Proofs {
  readonly project: ProjectName;
  /** Run of an instance, ended ones too. */
  readonly instances: ReadonlyMap<string, RunId>;
  /** Run that has reserved a version, by the key pair's name. */
  readonly reservations: ReadonlyMap<string, RunId>;
}

function proofsIn(project: ProjectName, things: readonly Thing[]): Proofs {
  const runs = (kind: Thing['kind']) =>
    new Map(
      things.flatMap((thing) => {
        const run = thing.kind === kind ? runOf(project, thing.tags) : undefined;
        return run === undefined ? [] : [[thing.id, run] as const];
      }),
    );
  return { project, instances: runs('instance'), reservations: runs('key-pair') };
}

/** Of what a run has made for itself: tagged so in the call that makes it. */
function runOf(project: ProjectName, tags: Tags): RunId | undefined {
  return tags[TAG.project] === project ? parseRunId(tags[TAG.run] ?? '') : undefined;
}

function claimOf(thing: Thing, proofs: Proofs, images: ReadonlyMap<string, SeenImage>): Claim | undefined {
  const { project, instances } = proofs;
  const run = runOf(project, thing.tags);
  const named = thing.name.startsWith(`bake/${project}/`);
  switch (thing.kind) {
    case 'instance':
      return run === undefined || thing.ended ? undefined : { why: 'run', run };
    case 'volume':
      // Somebody may have attached it to a machine of theirs, to look at it.
      return run === undefined || thing.attachedTo.some((id) => !instances.has(id)) ? undefined : { why: 'run', run };
    case 'security-group':
    case 'key-pair':
      return run === undefined || !named ? undefined : { why: 'run', run };
    case 'image':
      return imageClaim(thing, proofs);
    case 'snapshot':
      return snapshotClaim(thing, proofs, images);
  }
}

function imageClaim(image: SeenImage, { project, instances, reservations }: Proofs): Claim | undefined {
  const { tags, name } = image;
  if (isAnothers(project, tags)) return undefined;
  const run = runOf(project, tags);
  if (run !== undefined) return name.startsWith(`bake/${project}/`) ? { why: 'run', run } : undefined;
  const parts = parseAmiName(project, name.replace(/@\d+$/, ''));
  if (parts === undefined) return undefined;
  if (image.copied) {
    return isDead(image) && tags[TAG.project] === project ? { why: 'failed-copy', image: parts.image } : undefined;
  }
  if (tags[TAG.fingerprint] !== undefined) return undefined;
  const { version, architecture } = parts;
  const reservedBy = reservations.get(keyPairName(project, parts.image, version, architecture));
  const by = reservedBy ?? instances.get(image.instance ?? '');
  // Packer 1.6.6 tags what it has made afterwards. Until then a name alone, which anybody may give, proves nothing.
  const tagged = tags[TAG.project] === project && tags[TAG.image] === parts.image && tags[TAG.version] === version;
  if (by === undefined && !(tagged && image.instance !== undefined)) return undefined;
  return { why: 'unfinished', run: by, image: parts.image };
}

function snapshotClaim(
  { tags, madeFor, inUse }: SeenSnapshot,
  proofs: Proofs,
  images: ReadonlyMap<string, SeenImage>,
): Claim | undefined {
  const { project, instances, reservations } = proofs;
  // One that somebody has made by hand is theirs, whatever tags it has got.
  if (madeFor === undefined || isAnothers(project, tags)) return undefined;
  const of = madeFor.image;
  const image = images.get(of);
  if (image !== undefined) {
    const claim = imageClaim(image, proofs);
    return claim === undefined ? undefined : { ...claim, of };
  }
  const by = instances.get(madeFor.instance ?? '');
  if (inUse || (tags[TAG.project] !== project && by === undefined)) return undefined;
  const reservedBy = reservations.get(reservationOf(project, tags) ?? '');
  return { why: 'no-image', run: runOf(project, tags) ?? reservedBy ?? by, of };
}

const isAnothers = (project: ProjectName, tags: Tags): boolean =>
  tags[TAG.project] !== undefined && tags[TAG.project] !== project;

function reservationOf(project: ProjectName, tags: Tags): string | undefined {
  const image = parseImageName(tags[TAG.image] ?? '');
  const version = parseVersion(tags[TAG.version] ?? '');
  const architecture = tags[TAG.architecture];
  if (image === undefined || version === undefined) return undefined;
  if (architecture !== 'x86_64' && architecture !== 'arm64') return undefined;
  return keyPairName(project, image, version, architecture);
}
