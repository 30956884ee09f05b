import { type Artifact, artifactFault } from '../../model/artifact.ts';
import type { Digest } from '../../model/ids.ts';
import { uploadedArtifact } from '../../render/artifacts.ts';
import { SHELL_COMMANDS } from '../../render/shell-commands.ts';
import { artifactNotLaid } from '../artifact-errors.ts';
import type { TrialMachine } from '../try/machine.ts';

/** What a builder of the image gets. */
export interface ToSend {
  /** The layers and the runner. */
  readonly payload: Buffer;
  /** Archive with a file for each secret; absent: the image has none. */
  readonly secrets: Buffer | undefined;
  readonly artifacts: ArtifactsToSend;
  /** A builder of it has data volumes. */
  readonly hasVolumes: boolean;
}

export interface ArtifactsToSend {
  /** Each with a file that has its content. */
  readonly files: readonly { readonly artifact: Artifact; readonly file: string }[];
  /** Of all that is laid, and where: the same, the same. */
  readonly digest: Digest;
}

/** The layers as they are now, and what is in memory. */
export async function sendLayers(machine: TrialMachine, sent: ToSend): Promise<void> {
  await machine.output('send the layers to the machine', SHELL_COMMANDS.unpack, { input: sent.payload });
  await fillMemory(machine, sent);
}

/** What a restart takes away: the secrets, and where the volumes are. */
export async function fillMemory(machine: TrialMachine, { secrets, hasVolumes }: ToSend): Promise<void> {
  if (hasVolumes) await machine.output('find the volumes', SHELL_COMMANDS.volumes);
  if (secrets === undefined) return;
  await machine.output('send the secrets to the machine', SHELL_COMMANDS.secrets, { input: secrets });
}

/** After the layers, which say where they belong. `seconds` for each. Throws `artifact-not-laid`. */
export async function layArtifacts(machine: TrialMachine, { files }: ArtifactsToSend, seconds: number): Promise<void> {
  if (files.length === 0) return;
  for (const [index, { artifact, file }] of files.entries()) {
    const what = `send the artefact ${artifact.name} to the machine`;
    await machine.output(what, SHELL_COMMANDS.receive(uploadedArtifact(index)), { inputFile: file, seconds });
  }
  const what = 'lay the artefacts';
  const { exitCode, stdout } = await machine.run(what, SHELL_COMMANDS.artifacts, { seconds });
  if (exitCode === 0) return;
  const fault = artifactFault(stdout);
  const artifact = files[(fault?.number ?? 0) - 1]?.artifact;
  if (fault !== undefined && artifact !== undefined) throw artifactNotLaid(machine.id, artifact, fault.why);
  throw await machine.failed(what, [`exit code ${exitCode}`, stdout]);
}
