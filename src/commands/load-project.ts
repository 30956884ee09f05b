import { loadConfig } from '../config/load.ts';
import type { Config, Image } from '../model/image.ts';
import { wantsSandbox } from './connect.ts';
import { type CommandIo, type CommonOptions, configOption } from './io.ts';

/** The configuration as it holds where the command is going: in the sandbox every machine is reached over SSH. */
export async function loadProject(options: CommonOptions, io: CommandIo): Promise<Config> {
  const config = await loadConfig(configOption(options, io));
  if (!wantsSandbox(options, io)) return config;
  return { ...config, images: new Map([...config.images].map(([name, image]) => [name, overSsh(image)])) };
}

function overSsh({ build, ...image }: Image): Image {
  return { ...image, build: { ...build, communicator: 'ssh' } };
}
