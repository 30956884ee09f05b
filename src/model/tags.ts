import type { AmiId, Architecture, Fingerprint, ImageName, ProjectName, RunId, Version } from './ids.ts';
import type { Tags } from './image.ts';

/** Keys of ours; users' tags may not start with `bake:`. */
export const TAG = {
  project: 'bake:project',
  image: 'bake:image',
  version: 'bake:version',
  architecture: 'bake:arch',
  fingerprint: 'bake:fingerprint',
  nonce: 'bake:nonce',
  parent: 'bake:parent',
  parentAmi: 'bake:parent-ami',
  sourceAmi: 'bake:source-ami',
  sourceName: 'bake:source-name',
  commit: 'bake:commit',
  inputs: 'bake:inputs',
  record: 'bake:record',
  /** Status tag: mutable, on the source image only. */
  bad: 'bake:bad',
  /** Status tag: what the last `bake try` found; its form is in `tried.ts`. */
  tried: 'bake:tried',
  /** Status tag, on copies too: since when it is retired; its form is in `retired.ts`. */
  retired: 'bake:retired',
  /** Run tag: on builders and temporary things only. */
  run: 'bake:run',
  /** On a reservation: the fingerprint that its run bakes. Absent where nobody else may use the image: it is forced. */
  wants: 'bake:wants',
  /** On a reservation: which process has it; its form is in `run-owner.ts`. */
  owner: 'bake:owner',
  /** On a reservation: until when its run lives, unless it says so again. ISO 8601, UTC. */
  alive: 'bake:alive',
} as const;

export interface Subject {
  readonly project: ProjectName;
  readonly image: ImageName;
  readonly version: Version;
  readonly architecture: Architecture;
}

/** What Packer puts on the AMI and its snapshots: which image this is, not yet that it is finished. */
export function subjectTags(subject: Subject): Tags {
  return {
    [TAG.project]: subject.project,
    [TAG.image]: subject.image,
    [TAG.version]: subject.version,
    [TAG.architecture]: subject.architecture,
    Name: `${subject.project}/${subject.image} ${subject.version}`,
  };
}

/** On builders and everything else that must not outlive the run. */
export function runTags(subject: Subject, run: RunId): Tags {
  return {
    [TAG.run]: run,
    [TAG.project]: subject.project,
    [TAG.image]: subject.image,
    [TAG.architecture]: subject.architecture,
    Name: `bake ${subject.project}/${subject.image} ${subject.version}`,
  };
}

/** What else a reservation says, to runs that want the same image. */
export function reservationTags(wants: Fingerprint | undefined, owner: string, alive: string): Tags {
  return defined({ [TAG.wants]: wants, [TAG.owner]: owner, [TAG.alive]: alive });
}

export interface Provenance {
  readonly nonce?: string | undefined;
  /** `base/2026.11.20.1`, for a service image. */
  readonly parent?: string | undefined;
  readonly parentAmi?: AmiId | undefined;
  readonly sourceAmi?: AmiId | undefined;
  readonly sourceName?: string | undefined;
  readonly commit?: string | undefined;
  readonly inputGroups: string;
  readonly recordDigest?: string | undefined;
}

/** Identity tags but for the fingerprint, which is written last and alone: it publishes the image. */
export function provenanceTags(provenance: Provenance): Tags {
  return defined({
    [TAG.nonce]: provenance.nonce,
    [TAG.parent]: provenance.parent,
    [TAG.parentAmi]: provenance.parentAmi,
    [TAG.sourceAmi]: provenance.sourceAmi,
    [TAG.sourceName]: provenance.sourceName,
    [TAG.commit]: provenance.commit,
    [TAG.inputs]: provenance.inputGroups,
    [TAG.record]: provenance.recordDigest,
  });
}

export const fingerprintTag = (fingerprint: Fingerprint): Tags => ({ [TAG.fingerprint]: fingerprint });

function defined(tags: Record<string, string | undefined>): Tags {
  return Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
