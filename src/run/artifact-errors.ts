import { type Artifact, type ArtifactFault, artifactSourceText } from '../model/artifact.ts';
import { BakeError } from '../model/errors.ts';
import type { CloneId, ImageName, NodeId } from '../model/ids.ts';

const OTHER_FILE = (name: string) => `or give another file: --artifact ${name}=<file>`;

export function artifactMissing({ name, from }: Artifact, cause?: unknown): BakeError {
  const built = 'file' in from ? `Build it first, ${OTHER_FILE(name)}` : `Correct its address, ${OTHER_FILE(name)}`;
  return new BakeError({
    code: 'artifact-missing',
    message: `artefact ${name}: there is no ${artifactSourceText(from)}`,
    hint: built,
    blame: 'user',
    cause,
  });
}

export function artifactUnusable({ name, from }: Artifact, problem: string, hint: string): BakeError {
  return new BakeError({
    code: 'artifact-unusable',
    message: `artefact ${name}: ${artifactSourceText(from)} ${problem}`,
    hint,
    blame: 'user',
  });
}

export function artifactNotFetched({ name, from }: Artifact, cause: unknown): BakeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BakeError({
    code: 'download-failed',
    message: `artefact ${name}: cannot download ${artifactSourceText(from)}: ${reason}`,
    hint: 'Check the address, the network and any proxy; a signed address may have passed its date.',
    blame: 'user',
  });
}

export function artifactDigest({ name, from, sha256 }: Artifact, actual: string): BakeError {
  return new BakeError({
    code: 'artifact-digest',
    message: `artefact ${name}: ${artifactSourceText(from)} is not what it has to be: expected ${sha256}, got ${actual}`,
    hint: `Correct its sha256 in the configuration if the new content is right, ${OTHER_FILE(name)}`,
    blame: 'user',
  });
}

/** Between the plan and the bake. The fingerprint would name something else than what is baked. */
export function artifactChanged({ name, from }: Artifact): BakeError {
  return new BakeError({
    code: 'artifact-changed',
    message: `artefact ${name}: ${artifactSourceText(from)} changed after the plan was made`,
    hint: 'Run the command again.',
    blame: 'user',
  });
}

/** Several at once, as a build that was forgotten leaves them. */
export function artifactsUnusable(errors: readonly { readonly image: ImageName; readonly error: BakeError }[]) {
  return new BakeError({
    code: 'artifacts-unusable',
    message: `${errors.length} artefacts cannot be used`,
    hint: errors[0]?.error.hint,
    details: errors.map(({ image, error }) => `${image}: ${error.message}`),
    blame: 'user',
  });
}

/** `log` is the file with all that a bake has said. */
export function artifactNotLaid(id: NodeId | CloneId, artifact: Artifact, why: ArtifactFault, log?: string): BakeError {
  const { name, destination, owner, group } = artifact;
  const problems: Readonly<Record<ArtifactFault, readonly [problem: string, hint: string]>> = {
    folder: [`${destination} is a folder on the machine`, 'Name a file in it: `destination`.'],
    owner: [
      `the machine has no user ${owner} or no group ${group}`,
      'Have a script of a layer make them, or correct `owner` and `group`.',
    ],
    content: ['what arrived on the machine is not what was sent', 'Run the command again.'],
  };
  const [problem, hint] = problems[why];
  return new BakeError({
    code: 'artifact-not-laid',
    message: `${id}: artefact ${name} cannot be laid: ${problem}`,
    hint: log === undefined ? hint : `${hint} The whole log: ${log}`,
    blame: why === 'content' ? 'cloud' : 'user',
  });
}
