import { createBuilders } from '../aws/builders.ts';
import { ec2Client } from '../aws/clients.ts';
import { createCopies } from '../aws/copies.ts';
import { createImages } from '../aws/images.ts';
import { createInstances } from '../aws/instances.ts';
import { checkSshTools, openSshShell } from '../machine/ssh.ts';
import type { Emit } from '../model/events.ts';
import type { Region } from '../model/ids.ts';
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
  /** Where the machines run. */
  readonly region: Region;
  readonly connected: Connected;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface OpenTrials {
  readonly effects: TryEffects;
  trialOf(known: KnownImage, wanted: Pick<Trial, 'clones' | 'userData' | 'keep' | 'imageId'>): Trial;
}

/** The adapters that a trial needs. What can be found missing on this machine is found missing here. */
export async function openTrials(request: OpenTryRequest): Promise<OpenTrials> {
  const { config, region, connected, emit, signal } = request;
  const image = region === config.region ? request.image : inOtherRegion(request.image);
  await checkSshTools(image.build.communicator);
  const { env, sshPort, pollSeconds, sandbox } = connected;
  const home = connected.connection;
  const there = { ...home, region };
  const ec2 = ec2Client(there);
  const run = newRunId(new Date());
  const [programs, cidrs, runDir] = await Promise.all([
    loadTryPrograms(config.templatesDir),
    cidrsFor([image], connected, signal),
    makeRunFolder(config, run),
  ]);
  emit({ type: 'run-started', run, command: 'bake try', logs: runDir });
  const effects: TryEffects = {
    images: createImages(ec2Client(home), home),
    copies: createCopies(ec2, there),
    builders: createBuilders(ec2, there),
    instances: createInstances(ec2, there),
    openShell: (target) => openSshShell(target, env),
    clock: systemClock,
    emit,
    signal,
  };
  const shared = { run, config, image, region, programs, sshPort, cidrs, runDir, pollSeconds, tool: toolVersion() };
  // A machine of one's own has no room for more than one at a time.
  const trialOf: OpenTrials['trialOf'] = (known, wanted) => ({
    ...shared,
    ...wanted,
    known,
    atOnce: sandbox ? 1 : wanted.clones,
  });
  return { effects, trialOf };
}

/** VPC and subnet are those of the build region: elsewhere machines go into the default VPC. */
function inOtherRegion(image: Image): Image {
  const { vpc, ...network } = image.build.network;
  return { ...image, build: { ...image.build, network: { ...network, subnets: [] } } };
}
