import { createBuilders } from '../aws/builders.ts';
import { ec2Client } from '../aws/clients.ts';
import { createImages } from '../aws/images.ts';
import { createInstances } from '../aws/instances.ts';
import { checkSshTools, openSshShell } from '../machine/ssh.ts';
import type { Emit } from '../model/events.ts';
import type { Config, Image } from '../model/image.ts';
import type { KnownImage } from '../model/known-image.ts';
import { loadTryPrograms } from '../run/try/programs.ts';
import type { Trial } from '../run/try/trial.ts';
import type { TryEffects } from '../run/try-effects.ts';
import { cidrsFor } from './cidrs.ts';
import { systemClock } from './clock.ts';
import type { Connected } from './connect.ts';
import { newRunId } from './run-id.ts';
import { makeRunFolder } from './state-folder.ts';
import { toolVersion } from './tool-version.ts';

export interface OpenTryRequest {
  readonly config: Config;
  readonly image: Image;
  readonly connected: Connected;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface OpenTrials {
  readonly effects: TryEffects;
  trialOf(known: KnownImage, wanted: Pick<Trial, 'clones' | 'userData' | 'keep'>): Trial;
}

/** The adapters that a trial needs. What can be found missing on this machine is found missing here. */
export async function openTrials({ config, image, connected, emit, signal }: OpenTryRequest): Promise<OpenTrials> {
  await checkSshTools(image.build.communicator);
  const { connection, env, sshPort, pollSeconds, sandbox } = connected;
  const ec2 = ec2Client(connection);
  const run = newRunId(new Date());
  const [programs, cidrs, runDir] = await Promise.all([
    loadTryPrograms(config.templatesDir),
    cidrsFor([image], connected, signal),
    makeRunFolder(config, run),
  ]);
  emit({ type: 'run-started', run, command: 'bake try', logs: runDir });
  const effects: TryEffects = {
    images: createImages(ec2, connection),
    builders: createBuilders(ec2, connection),
    instances: createInstances(ec2, connection),
    openShell: (target) => openSshShell(target, env),
    clock: systemClock,
    emit,
    signal,
  };
  const shared = { run, config, image, programs, sshPort, cidrs, runDir, pollSeconds, tool: toolVersion() };
  // A machine of one's own has no room for more than one at a time.
  const trialOf: OpenTrials['trialOf'] = (known, wanted) => ({
    ...shared,
    ...wanted,
    known,
    atOnce: sandbox ? 1 : wanted.clones,
  });
  return { effects, trialOf };
}
