import { createHash } from 'node:crypto';
import { type Artifact, artifactSourceText } from '../model/artifact.ts';
import type { Architecture, ImageName, ProjectName, Version } from '../model/ids.ts';
import type { Image, Json, Layer, PackagePin } from '../model/image.ts';
import { provisionSteps, sourceOf } from '../render/provisioning.ts';

/** What is known before the machine adds its part; see `templates/provision/record.py` for the rest. */
export interface RecordInput {
  readonly project: ProjectName;
  readonly image: ImageName;
  readonly architecture: Architecture;
  readonly imageVersion: Version | '0';
  readonly fingerprint: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly parent: Json;
  readonly sourceAmi: Json;
  readonly layers: readonly Layer[];
  readonly packages: PackagePin | undefined;
  readonly artifacts?: Image['artifacts'];
  /** The day, week or month that it is baked for. */
  readonly epoch?: string | undefined;
  readonly commit: string | undefined;
  readonly tools: Readonly<Record<string, string>>;
  /** ISO 8601, UTC; absent in a folder that is only rendered. */
  readonly startedAt?: string;
}

export function recordInput(input: RecordInput): Json {
  const steps = provisionSteps(input.layers).map((step) => ({
    number: step.number,
    layer: step.layer.name,
    action: step.action,
    ...(sourceOf(step) === undefined ? {} : { script: sourceOf(step) ?? null }),
  }));
  return {
    version: 1,
    project: input.project,
    image: input.image,
    architecture: input.architecture,
    imageVersion: input.imageVersion,
    fingerprint: input.fingerprint,
    inputs: { ...input.inputs },
    parent: input.parent,
    sourceAmi: input.sourceAmi,
    steps,
    artifacts: (input.artifacts ?? []).map(recorded),
    packages: input.packages === undefined ? null : { ...input.packages },
    refresh: input.epoch ?? null,
    commit: input.commit ?? null,
    tools: { ...input.tools },
    startedAt: input.startedAt ?? null,
  };
}

/** A path of this machine says nothing elsewhere. */
const recorded = ({ from, sha256, ...artifact }: Artifact): Json => ({
  ...artifact,
  sha256: sha256 ?? null,
  from: 'file' in from ? null : artifactSourceText(from),
});

/** sha256 of a record's bytes, for the image's tag. */
export const recordDigest = (record: string) => createHash('sha256').update(record).digest('hex');
