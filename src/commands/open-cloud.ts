import { loadConfig } from '../config/load.ts';
import type { Config } from '../model/image.ts';
import type { Images } from '../run/effects.ts';
import { type Connected, connect } from './connect.ts';
import { type CommandIo, type CommonOptions, configOption } from './io.ts';
import { setupOnStderr } from './setup-events.ts';

export interface Cloud {
  readonly config: Config;
  readonly connected: Connected;
  readonly images: Images;
}

/** For verbs that read: the configuration, and what AWS or the sandbox has. */
export async function openCloud(options: CommonOptions, io: CommandIo): Promise<Cloud> {
  const config = await loadConfig(configOption(options, io));
  const connected = await connect(config, options, io, setupOnStderr(io));
  const [{ ec2Client }, { createImages }] = await Promise.all([
    import('../aws/clients.ts'),
    import('../aws/images.ts'),
  ]);
  return { config, connected, images: createImages(ec2Client(connected.connection), connected.connection) };
}
