import { loadConfig } from '../config/load.ts';
import { lineage } from '../model/graph.ts';
import type { ImageName } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import { SOURCE_ALIASES } from '../model/source-aliases.ts';
import { wantsSandbox } from './connect.ts';
import { type CommandIo, type CommonOptions, configOption } from './io.ts';

/** The configuration as it holds where the command is going: in the sandbox every machine is reached over SSH. */
export async function loadProject(options: CommonOptions, io: CommandIo): Promise<Config> {
  const config = await loadConfig(configOption(options, io));
  if (!wantsSandbox(options, io)) return config;
  return { ...config, images: new Map([...config.images].map(([name, image]) => [name, inSandbox(image, config)])) };
}

function inSandbox({ build, ...image }: Image, config: Config): Image {
  const sshUser = sandboxUser(image.name, build.sshUser, config);
  return { ...image, build: { ...build, communicator: 'ssh', ...(sshUser === undefined ? {} : { sshUser }) } };
}

/** A publisher's download may create another user than its AMI does; who was written down stays. */
function sandboxUser(name: ImageName, user: string | undefined, { images, sandboxImages }: Config): string | undefined {
  const origin = lineage(images, name)[0]?.origin;
  if (origin?.kind !== 'base' || origin.source.by !== 'alias') return user;
  const { alias } = origin.source;
  return user === SOURCE_ALIASES.get(alias)?.sshUser ? (sandboxImages.get(alias)?.sshUser ?? user) : user;
}
