import { dirname } from 'node:path';
import { BakeError } from '../../model/errors.ts';
import { type AmiId, cloneId, type LayerName } from '../../model/ids.ts';
import type { Layer } from '../../model/image.ts';
import type { ProvisionStep } from '../../render/provisioning.ts';
import { SHELL_COMMANDS, stepsToTake } from '../../render/shell-commands.ts';
import { TRY_COMMANDS } from '../../render/try-payload.ts';
import { clearGround, prepareGround } from '../try/ground.ts';
import { launchClones, targetOf } from '../try/launch.ts';
import { TrialMachine } from '../try/machine.ts';
import { TrialStages } from '../try/stages.ts';
import { nodeOf, type Stay } from '../try/trial.ts';
import { waitForBoot } from '../try/try-clone.ts';
import type { TryEffects } from '../try-effects.ts';
import { forgetKept, type KeptMachine, readKept, writeKept } from './kept.ts';
import { runLayers } from './run-layers.ts';
import { layArtifacts, sendLayers, type ToSend } from './send.ts';

/** A machine to try the layers of an image on. */
export interface ShellRequest extends ToSend {
  readonly stay: Stay;
  /** The image's parent or source AMI, and its name for people. */
  readonly from: { readonly imageId: AmiId; readonly text: string };
  /** Of the image, in their order, with the steps that a bake takes. */
  readonly layers: readonly Layer[];
  readonly steps: readonly ProvisionStep[];
  /** What waits for a boot. */
  readonly runner: Buffer;
  readonly pinned: boolean;
  /** Where the machine is remembered. */
  readonly keptFile: string;
  readonly layer: LayerName | undefined;
  readonly rerun: boolean;
}

export interface Session {
  readonly machine: TrialMachine;
  readonly kept: KeptMachine;
  /** By this command. */
  readonly launched: boolean;
}

/**
 * The machine of the image, launched where there is none, with the layers of this moment, and what is to be done on it
 * done. Throws as a trial does, and `layer-failed`, which leaves the machine.
 */
export async function openSession(request: ShellRequest, effects: TryEffects): Promise<Session> {
  const { clock, emit } = effects;
  const started = clock.now().getTime();
  const there = await findMachine(request, effects);
  const id = cloneId(nodeOf(request.stay), 1);
  const on = there === undefined || there.imageId === request.from.imageId ? request.from.text : there.imageId;
  emit({ type: 'shell-started', id, on, reused: there !== undefined });
  if (there !== undefined && on !== request.from.text) warnOutdated(request, there, effects);
  const session = there === undefined ? await launch(request, effects) : await reach(there, request, effects);
  try {
    const todo = stepsToTake({ ...request, ran: session.kept.ran, fresh: session.launched });
    const layers = await runLayers(session.machine, todo, request, effects, async (layer) => {
      const ran = [...new Set([...((await readKept(request.keptFile))?.ran ?? []), layer])];
      await writeKept(request.keptFile, { ...session.kept, ran });
    });
    const seconds = (clock.now().getTime() - started) / 1000;
    const { instanceId, login } = session.machine;
    emit({ type: 'shell-ready', id, instanceId, login, layers, seconds });
    return session;
  } catch (error) {
    await session.machine.close();
    const isLayers = error instanceof BakeError && error.code === 'layer-failed';
    if (session.launched && !isLayers) await endMachine(session.kept, request, effects);
    throw error;
  }
}

/** Removes the machine that is remembered and all that came with it; false where there is none. */
export async function endKept(request: Place, effects: TryEffects): Promise<boolean> {
  const kept = await readKept(request.keptFile);
  if (kept === undefined) return false;
  await endMachine(kept, request, effects);
  return true;
}

/** Removes this one, whichever is remembered: two commands that began at once have launched one each. */
export async function endMachine(kept: KeptMachine, { stay, keptFile }: Place, effects: TryEffects): Promise<void> {
  const { run, keyFile } = kept;
  await clearGround({ ...stay, run, runDir: dirname(keyFile) }, { kept: false, lost: false }, effects);
  if ((await readKept(keptFile))?.run === run) await forgetKept(keptFile);
}

type Place = Pick<ShellRequest, 'stay' | 'keptFile'>;

/** The one that is remembered, if it runs. What has ended by itself, or with its sandbox, is cleared away. */
async function findMachine({ stay, keptFile }: ShellRequest, effects: TryEffects): Promise<KeptMachine | undefined> {
  const kept = await readKept(keptFile);
  if (kept === undefined) return undefined;
  const [found] = await effects.instances.describe([kept.instanceId]);
  if (found?.state === 'running') return kept;
  await endMachine(kept, { stay, keptFile }, effects);
  return undefined;
}

function warnOutdated({ stay, from }: ShellRequest, { instanceId, imageId }: KeptMachine, { emit }: TryEffects): void {
  const message = `${instanceId} was launched from ${imageId}, and a bake would start from ${from.text} now`;
  const hint = `bake shell ${stay.image.name} --end, then begin anew.`;
  emit({ type: 'warning', id: cloneId(nodeOf(stay), 1), warning: { code: 'shell-outdated', message, hint } });
}

async function reach(kept: KeptMachine, request: ShellRequest, effects: TryEffects): Promise<Session> {
  const id = cloneId(nodeOf(request.stay), 1);
  const stages = new TrialStages(id, effects.clock, effects.emit);
  const { artifacts } = request;
  const { connect, bake } = request.stay.image.build.timeLimits;
  const machine = await TrialMachine.open(id, targetOf(kept, request.stay, kept.keyFile), effects);
  try {
    await stages.run('connect', async () => {
      await machine.connect(connect);
      await sendLayers(machine, request);
    });
    if (artifacts.digest === kept.artifacts) return { machine, kept, launched: false };
    await stages.run('prepare', () => layArtifacts(machine, artifacts, bake));
    const renewed = { ...kept, artifacts: artifacts.digest };
    await writeKept(request.keptFile, renewed);
    return { machine, kept: renewed, launched: false };
  } catch (error) {
    await machine.close();
    throw error;
  }
}

async function launch(request: ShellRequest, effects: TryEffects): Promise<Session> {
  const { stay, from, keptFile } = request;
  const id = cloneId(nodeOf(stay), 1);
  const { volumes, build } = stay.image;
  const { connect: limit, bake } = build.timeLimits;
  const stages = new TrialStages(id, effects.clock, effects.emit);
  let machine: TrialMachine | undefined;
  try {
    const ground = await prepareGround(stay, effects);
    const [launched] = await stages.run('launch', () =>
      launchClones([id], from.imageId, stay, ground, effects, volumes),
    );
    if (launched === undefined) throw new Error(`${id} was not launched`);
    const { instanceId, address } = launched;
    const opened = await TrialMachine.open(id, targetOf(launched, stay, ground.keyFile), effects);
    machine = opened;
    await stages.run('connect', async () => {
      await opened.connect(limit);
      await opened.output('send what waits for the boot', TRY_COMMANDS.unpack, { input: request.runner });
    });
    await stages.run('cloud-init', async () => {
      await waitForBoot(opened, limit);
      await opened.pinHostKey();
    });
    await stages.run('prepare', async () => {
      await sendLayers(opened, request);
      if (request.pinned) await opened.output('pin the packages', SHELL_COMMANDS.pin);
      await layArtifacts(opened, request.artifacts, bake);
    });
    const laid = { artifacts: request.artifacts.digest, ran: [] };
    const kept = { run: stay.run, instanceId, address, keyFile: ground.keyFile, imageId: from.imageId, ...laid };
    await writeKept(keptFile, kept);
    return { machine: opened, kept, launched: true };
  } catch (error) {
    await machine?.close();
    await clearGround(stay, { kept: false, lost: true }, effects);
    throw error;
  }
}
