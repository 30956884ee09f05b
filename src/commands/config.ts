import { stringify } from 'yaml';
import { loadConfig } from '../config/load.ts';
import { configToJson } from '../config/to-json.ts';
import { type CommandIo, type CommonOptions, configOption, print, printJson } from './io.ts';

/** `bake config`: the configuration as resolved, defaults and inheritance applied. */
export async function config(options: CommonOptions, io: CommandIo): Promise<number> {
  const resolved = configToJson(await loadConfig(configOption(options, io)));
  if (options.json) printJson(io, resolved);
  else print(io, stringify(resolved));
  return 0;
}
