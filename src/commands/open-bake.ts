import { createBuilders } from '../aws/builders.ts';
import { ec2Client, ssmClient } from '../aws/clients.ts';
import { awsError } from '../aws/errors.ts';
import { createImages } from '../aws/images.ts';
import { ownCidr } from '../aws/network.ts';
import { createSnapshots } from '../aws/snapshots.ts';
import { createSourceAmis } from '../aws/source-amis.ts';
import { checkSessionManagerPlugin } from '../machine/ssh.ts';
import type { Emit } from '../model/events.ts';
import type { ImageName, RunId } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import { createPacker } from '../packer/packer.ts';
import { capabilitiesOfFound } from '../packer/preflight.ts';
import type { Mask } from '../report/mask.ts';
import type { BakeContext, BakeEffects } from '../run/bake-job.ts';
import { createLogFile } from '../run/log-file.ts';
import { loadTemplates } from '../run/templates.ts';
import { ensureTool } from '../setup/ensure-tools.ts';
import type { OnStep } from '../setup/steps.ts';
import { cidrsFor } from './cidrs.ts';
import { systemClock } from './clock.ts';
import type { Connected } from './connect.ts';
import { commitOf } from './git.ts';
import { openArtifacts } from './open-artifacts.ts';
import { openRecords } from './open-records.ts';
import { openSecrets } from './open-secrets.ts';
import { ownerOf, systemProcesses } from './processes.ts';
import { requireAnsible } from './require-ansible.ts';
import { makeRunFolder } from './state-folder.ts';
import { toolVersion } from './tool-version.ts';

export interface OpenBakeRequest {
  readonly config: Config;
  readonly connected: Connected;
  readonly mask: Mask;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export type BakeTools = Awaited<ReturnType<typeof openBakeTools>>;

/** The adapters that planning and baking need, wired to where the command is connected. */
export async function openBakeTools({ config, connected, mask, emit, signal }: OpenBakeRequest) {
  const { connection } = connected;
  const ec2 = ec2Client(connection);
  const templates = await loadTemplates(config.templatesDir);
  return {
    ec2,
    templates,
    images: createImages(ec2, connection),
    builders: createBuilders(ec2, connection),
    sourceAmis: createSourceAmis(ec2, ssmClient(connection), connection),
    snapshots: createSnapshots(ec2, connection),
    ...openRecords(config, connected, emit),
    artifacts: openArtifacts(connected.connection, signal),
    clock: systemClock,
    openLog: (path: string) => createLogFile(path, mask.lines()),
    mask,
    signal,
  };
}

export interface PrepareRequest {
  readonly config: Config;
  readonly connected: Connected;
  readonly tools: BakeTools;
  readonly run: RunId;
  /** What is to be baked. */
  readonly images: readonly Image[];
  readonly keepOnError: boolean;
  /** As this process was started; secrets may be in it. */
  readonly startedWith: NodeJS.ProcessEnv;
  readonly onStep: OnStep;
}

/** All that can be found missing is found missing here, before anything is launched. */
export async function prepareBake(
  request: PrepareRequest,
): Promise<{ context: BakeContext; packer: BakeEffects['packer'] }> {
  const { config, connected, tools, run, images, keepOnError, startedWith, onStep } = request;
  const [found, commit] = await Promise.all([
    ensureTool('packer', { onStep, signal: tools.signal }),
    commitOf(config.root),
  ]);
  const capabilities = capabilitiesOfFound(found);
  if (images.some(({ build }) => build.communicator === 'session-manager')) await checkSessionManagerPlugin();
  if (connected.machines) await requireAnsible(config, images, tools.signal);
  const secrets = await openSecrets(images, connected, startedWith, tools.mask);
  const env = async () => ({ ...connected.env, ...(await packerCredentials(connected, tools)) });
  const [cidrs, runDir] = await Promise.all([
    cidrsByImage(images, connected, tools.signal),
    makeRunFolder(config, run),
    // Only to see that there are any before something is launched.
    env(),
  ]);
  const context: BakeContext = {
    run,
    owner: ownerOf(run),
    processes: systemProcesses,
    config,
    access: {
      endpoint: connected.endpoint,
      machines: connected.machines,
      spot: connected.endpoint === '',
      sshPort: connected.sshPort,
      pollSeconds: connected.pollSeconds,
      cidrs,
      env,
      lost: connected.lost,
    },
    templates: tools.templates,
    capabilities,
    tools: { bake: toolVersion(), packer: found.version },
    commit,
    keepOnError,
    secrets,
    runDir,
  };
  const packer = { executable: found.path, graceMs: PACKER_GRACE, init: capabilities.requiredPlugins };
  return { context, packer: createPacker(packer) };
}

/** Milliseconds that an interrupted Packer has to clean up; what it leaves after that is removed by its tags. */
const PACKER_GRACE = 40_000;

/** Packer gets the very credentials that we use: older versions know neither SSO nor newer kinds of profiles. */
async function packerCredentials({ connection }: Connected, { ec2, mask }: BakeTools): Promise<Record<string, string>> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await ec2.config.credentials();
    // Those of a profile or a role are in no environment variable that the mask was made from.
    mask.add([secretAccessKey, sessionToken ?? '']);
    return {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken ?? '',
      AWS_REGION: connection.region,
      // A profile would be read besides, and may name a role that is already assumed here.
      AWS_PROFILE: '',
      AWS_DEFAULT_PROFILE: '',
    };
  } catch (cause) {
    throw awsError(cause, 'bake', connection);
  }
}

async function cidrsByImage(
  images: readonly Image[],
  connected: Connected,
  signal: AbortSignal,
): Promise<BakeContext['access']['cidrs']> {
  const cidrs = new Map<ImageName, readonly string[]>();
  let address: Promise<string> | undefined;
  const own = () => {
    address ??= ownCidr(signal);
    return address;
  };
  for (const image of new Set(images)) cidrs.set(image.name, await cidrsFor([image], connected, signal, own));
  return cidrs;
}
