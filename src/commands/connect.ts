import { join } from 'node:path';
import type { AwsConnection } from '../aws/connection.ts';
import { LOCK_FILE } from '../config/lock.ts';
import type { Emit } from '../model/events.ts';
import type { Config } from '../model/image.ts';
import type { CommandIo, CommonOptions } from './io.ts';
import { watchSandbox } from './sandbox-watch.ts';
import { setupEvents } from './setup-events.ts';
import { sandboxRecords, stateFolder } from './state-folder.ts';

/** Where the calls of a command go: AWS, another emulator, or our sandbox. */
export interface Connected {
  readonly connection: AwsConnection;
  /** Empty: AWS. */
  readonly endpoint: string;
  readonly sshPort: number;
  /** False for a sandbox that only emulates the API. */
  readonly machines: boolean;
  /** Seconds between looks at an AMI that is being made. */
  readonly pollSeconds: number;
  /** For Packer; the credentials are added when it starts. */
  readonly env: Readonly<Record<string, string>>;
  readonly recordsDir: string;
  readonly lockFile: string | undefined;
  readonly sandbox: boolean;
  /** Sees to it that there is an instance profile of this name; on AWS an administrator has. */
  ensureInstanceProfile(name: string): Promise<void>;
  /** Aborted when the sandbox has ended. */
  readonly lost?: AbortSignal;
}

/** Starts the sandbox where it is asked for and not up. */
export async function connect(config: Config, options: CommonOptions, io: CommandIo, emit: Emit): Promise<Connected> {
  if (wantsSandbox(options, io)) return connectSandbox(config, io, emit);
  const connection: AwsConnection = { region: config.region };
  const { ec2Endpoint } = await import('../aws/clients.ts');
  const endpoint = await ec2Endpoint(connection);
  return {
    connection,
    endpoint,
    sshPort: 22,
    machines: true,
    pollSeconds: endpoint === '' ? 10 : 1,
    env: {},
    recordsDir: join(stateFolder(config), 'records'),
    lockFile: join(config.root, LOCK_FILE),
    sandbox: false,
    ensureInstanceProfile: async () => {},
  };
}

export const wantsSandbox = (options: CommonOptions, io: CommandIo): boolean =>
  options.sandbox ?? (io.env.BAKE_SANDBOX !== undefined && io.env.BAKE_SANDBOX !== '' && io.env.BAKE_SANDBOX !== '0');

async function connectSandbox(config: Config, io: CommandIo, emit: Emit): Promise<Connected> {
  const { ensureInstanceProfile, sandboxConnection, sandboxUp, wantedSources } = await import('../sandbox/sandbox.ts');
  const { project } = config;
  const sources = wantedSources(config);
  const info = await sandboxUp({ project, sources, onStep: setupEvents(emit), signal: io.signal });
  const { endpoint, credentials, env } = sandboxConnection(info, io.env);
  // The SDK reads the user's AWS files even where it is given credentials; here it finds none.
  Object.assign(io.env, env);
  return {
    connection: { region: config.region, endpoint, credentials },
    endpoint,
    sshPort: info.sshPort,
    machines: info.machines !== 'none',
    pollSeconds: 1,
    env,
    recordsDir: sandboxRecords(info.stateDir),
    lockFile: undefined,
    sandbox: true,
    ensureInstanceProfile: (name) => ensureInstanceProfile(info, name, io.signal),
    lost: watchSandbox(info),
  };
}
