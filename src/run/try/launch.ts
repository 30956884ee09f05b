import { lastConsoleLines } from '../../model/console.ts';
import type { AmiId, CloneId } from '../../model/ids.ts';
import { instanceProfileOf } from '../../model/image.ts';
import { runTags } from '../../model/tags.ts';
import type { Volume } from '../../model/volume.ts';
import type { InstanceState, ShellTarget, TryEffects } from '../try-effects.ts';
import { instanceEnded, instanceNotRunning } from './errors.ts';
import type { Ground } from './ground.ts';
import { type Stay, subjectOf } from './trial.ts';

export interface Launched {
  readonly id: CloneId;
  readonly instanceId: string;
  readonly address: string;
}

/** Launches one machine for each id, in one call, and waits until they all run. Throws `instance-ended`, `instance-not-running`. */
export async function launchClones(
  ids: readonly CloneId[],
  imageId: AmiId,
  trial: Stay,
  ground: Ground,
  effects: TryEffects,
  volumes?: readonly Volume[],
): Promise<readonly Launched[]> {
  const { known, image, run, userData } = trial;
  const instanceIds = await effects.instances.launch({
    imageId,
    architecture: known.architecture,
    build: image.build,
    count: ids.length,
    keyPair: ground.keyPair,
    securityGroup: ground.securityGroup,
    userData,
    volumes,
    instanceProfile: instanceProfileOf(image),
    tags: runTags(subjectOf(trial), run),
    clientToken: `${run}-${ids[0]?.split('#')[1]}-${known.architecture}`,
  });
  const clones = ids.map((id, index) => ({ id, instanceId: instanceIds[index] ?? '' }));
  return waitUntilRunning(clones, trial, effects);
}

async function waitUntilRunning(
  clones: readonly Omit<Launched, 'address'>[],
  { image, pollSeconds }: Stay,
  { instances, clock, signal }: TryEffects,
): Promise<readonly Launched[]> {
  const limit = image.build.timeLimits.connect;
  const deadline = clock.now().getTime() + limit * 1000;
  for (;;) {
    signal.throwIfAborted();
    const states = await instances.describe(clones.map(({ instanceId }) => instanceId));
    const launched = clones.map((clone) => ({ ...clone, ...stateOf(clone.instanceId, states) }));
    const ended = launched.find(({ state }) => state !== 'pending' && state !== 'running');
    if (ended !== undefined) {
      const console = lastConsoleLines(await instances.console(ended.instanceId).catch(() => ''));
      throw instanceEnded({ ...ended, console }, ended.state, ended.reason);
    }
    const running = launched.flatMap(({ id, instanceId, state, address }) =>
      state === 'running' && address !== undefined ? [{ id, instanceId, address }] : [],
    );
    if (running.length === clones.length) return running;
    if (clock.now().getTime() >= deadline) throw instanceNotRunning(launched, limit);
    await clock.sleep(pollSeconds * 1000, signal);
  }
}

/** An instance that EC2 does not know everywhere yet is pending. */
function stateOf(instanceId: string, states: readonly InstanceState[]): Omit<InstanceState, 'instanceId'> {
  const found = states.find((state) => state.instanceId === instanceId);
  return found ?? { state: 'pending', address: undefined, reason: undefined };
}

type Address = Pick<Launched, 'instanceId' | 'address'>;

export function targetOf(
  { instanceId, address }: Address,
  { image, region, sshPort }: Pick<Stay, 'image' | 'region' | 'sshPort'>,
  keyFile: string,
): ShellTarget {
  const { communicator, sshUser } = image.build;
  // Session Manager's port is the machine's own, whatever the way to it is.
  const port = communicator === 'session-manager' ? 22 : sshPort;
  return { instanceId, address, port, user: sshUser, communicator, region, keyFile, hostKeys: [] };
}
