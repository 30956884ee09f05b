import type { Artifact } from '../model/artifact.ts';

/** Name of an artefact's file beside the template. Numbers of ours: Packer expands `{{` in both fields. */
export const sentArtifact = (index: number): string => `artifact-${index + 1}`;

/** Where Packer puts it on the builder. Not in /tmp, which may be a part of the machine's memory. */
export const uploadedArtifact = (index: number): string => `/var/tmp/bake-artifact-${index + 1}`;

/** Tab-separated: owner, group, mode, path; in the order of the numbers. Paths have no control characters. */
export const artifactsFile = (artifacts: readonly Artifact[]): string =>
  artifacts.map(({ owner, group, mode, destination }) => `${[owner, group, mode, destination].join('\t')}\n`).join('');

/** As sha256sum reads it; a line for each, in the same order. */
export const artifactSums = (artifacts: readonly Artifact[]): string =>
  artifacts.map(({ sha256 }, index) => `${sha256}  ${uploadedArtifact(index)}\n`).join('');
