import { join } from 'node:path';
import { createCopies } from '../aws/copies.ts';
import { createInstances } from '../aws/instances.ts';
import { checkSshTools, openSshShell } from '../machine/ssh.ts';
import { mapBounded } from '../model/bounded.ts';
import { usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import { nodeId, parseVersion } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import type { ParentRef } from '../model/plan.ts';
import { bakedVolumes } from '../model/volume.ts';
import { digestOf } from '../plan/fingerprint.ts';
import { epochsAt } from '../plan/refresh.ts';
import { builderUserData } from '../render/packer-template.ts';
import { provisionSteps } from '../render/provisioning.ts';
import { tryPayloadEntries } from '../render/try-payload.ts';
import { writeArchive } from '../run/archive.ts';
import { settleArtifacts } from '../run/artifacts.ts';
import { bakePayload } from '../run/rendered-folder.ts';
import { secretsArchive } from '../run/secret-file.ts';
import type { ShellRequest } from '../run/shell/session.ts';
import { loadTryPrograms } from '../run/try/programs.ts';
import type { Stay } from '../run/try/trial.ts';
import type { TryEffects } from '../run/try-effects.ts';
import { cidrsFor } from './cidrs.ts';
import { systemClock } from './clock.ts';
import type { Connected } from './connect.ts';
import { observeAndPlan } from './observe.ts';
import { type BakeTools, type OpenBakeRequest, openBakeTools } from './open-bake.ts';
import { openSecrets } from './open-secrets.ts';
import { newRunId, nonceOf } from './run-id.ts';
import type { ShellTarget } from './shell-target.ts';
import { makeRunFolder, stateFolder } from './state-folder.ts';

export interface OpenedShell {
  readonly stay: Stay;
  readonly keptFile: string;
  readonly effects: TryEffects;
  readonly tools: BakeTools;
}

/** The adapters, and where the machine of the image is remembered. */
export async function openShell(opening: OpenBakeRequest, target: ShellTarget): Promise<OpenedShell> {
  const { config, connected, emit, signal } = opening;
  const { image, architecture } = target;
  await checkSshTools(image.build.communicator);
  const tools = await openBakeTools(opening);
  const { connection, env, sshPort, pollSeconds } = connected;
  const run = newRunId(new Date());
  const [cidrs, runDir] = await Promise.all([cidrsFor([image], connected, signal), makeRunFolder(config, run)]);
  const effects: TryEffects = {
    images: tools.images,
    builders: tools.builders,
    copies: createCopies(tools.ec2, connection),
    instances: createInstances(tools.ec2, connection),
    openShell: (at) => openSshShell(at, env),
    clock: systemClock,
    emit,
    signal,
  };
  const userData = builderUserData(image);
  const stay: Stay = {
    run,
    config,
    image: asBuilder(image),
    known: { image: image.name, architecture, version: NO_VERSION },
    region: config.region,
    userData: userData === '' ? undefined : Buffer.from(userData),
    sshPort,
    cidrs,
    pollSeconds,
    runDir,
  };
  const keptFile = join(stateFolder(config), 'shell', `${image.name}-${architecture}.json`);
  return { stay, keptFile, effects, tools };
}

/** In names and tags of the machine: no version is made of what is done on it. */
const NO_VERSION = version('shell');

function version(text: string) {
  const parsed = parseVersion(text);
  if (parsed === undefined) throw new Error(`${text} is no version`);
  return parsed;
}

/** A builder has its own instance profile, not the one of instances that load region config. */
function asBuilder({ regionConfig, ...image }: Image): Image {
  return image;
}

interface ShellOpening {
  readonly config: Config;
  readonly connected: Connected;
  /** As this process was started; secrets may be in it. */
  readonly startedWith: NodeJS.ProcessEnv;
  readonly emit: Emit;
}

/** All that is sent to the machine, and what it is launched from: as a bake of the image would do now. */
export async function shellRequest(
  { stay, keptFile, tools }: OpenedShell,
  { image: written, architecture, layer, rerun }: ShellTarget,
  { config: loaded, connected, startedWith, emit }: ShellOpening,
): Promise<ShellRequest> {
  const { artifacts } = tools;
  const { config } = await settleArtifacts(loaded, [written.name], artifacts, 'may-lack');
  const image = config.images.get(written.name) ?? written;
  const layers = image.layers.flatMap((name) => config.layers.get(name) ?? []);
  const profile = image.build.instanceProfile;
  if (profile !== undefined) await connected.ensureInstanceProfile(profile);
  const programs = await loadTryPrograms(config.templatesDir);
  const [from, values, files, payload, runner] = await Promise.all([
    parentOf({ config, image, architecture, connected, tools, emit }),
    openSecrets([image], connected, startedWith, tools.mask),
    mapBounded(image.artifacts ?? [], 1, async (one) => ({ artifact: one, file: await artifacts.fileOf(one) })),
    bakePayload({ config, image, architecture, layers, templates: tools.templates }),
    writeArchive(tryPayloadEntries({ config, architecture, lineage: [], programs }), {}),
  ]);
  const steps = provisionSteps(layers);
  const secrets = image.secrets && (await secretsArchive(values.get(image.name) ?? {}));
  const laid = { files, digest: digestOf(image.artifacts ?? []) };
  const hasVolumes = bakedVolumes(image.volumes).length > 0;
  const sent = { payload, secrets, artifacts: laid, hasVolumes };
  const pinned = image.packages !== undefined;
  return { stay, keptFile, from, layers, steps, ...sent, runner, pinned, layer, rerun };
}

interface ParentRequest extends Pick<ShellTarget, 'image' | 'architecture'> {
  readonly config: Config;
  readonly connected: Connected;
  readonly tools: BakeTools;
  readonly emit: Emit;
}

/** What a bake that takes the parent that there is would start from. Throws `usage` where there is none. */
async function parentOf({ config, image, architecture, connected, tools, emit }: ParentRequest) {
  const now = new Date();
  const request = {
    config,
    images: [image.name],
    architectures: [architecture],
    parents: 'use-existing',
    force: true,
    nonce: nonceOf(newRunId(now)),
    epochs: epochsAt(now),
  } as const;
  const { lockFile } = connected;
  const { planned } = await observeAndPlan(request, { ...tools, lockFile, frozen: false, readOnly: true });
  for (const warning of planned.plan.warnings) emit({ type: 'warning', warning });
  const step = planned.plan.steps.find(({ id }) => id === nodeId(image.name, architecture));
  if (step === undefined) throw new Error(`${image.name} was not planned`);
  return startingPoint(step.parent, config);
}

function startingPoint(parent: ParentRef, { images }: Config): ShellRequest['from'] {
  switch (parent.kind) {
    case 'source':
      return { imageId: parent.imageId, text: `${parent.name} (${parent.imageId})` };
    case 'existing':
      return { imageId: parent.imageId, text: `${parent.image} ${parent.version} (${parent.imageId})` };
    case 'this-run': {
      const kind = images.get(parent.image)?.origin.kind ?? 'base';
      const parents = kind === 'service' ? ' --with-parents' : '';
      throw usage(
        `${parent.image}, the parent, has not been baked in the sandbox`,
        `Bake it: bake ${kind} ${parent.image}${parents} --sandbox.`,
      );
    }
  }
}
