import { stringify } from 'yaml';
import { configJsonSchema } from '../config/json-schema.ts';
import { loadConfig } from '../config/load.ts';
import { configToJson } from '../config/to-json.ts';
import { type CommandIo, type CommonOptions, configOption, print, printJson } from './io.ts';

export interface ConfigOptions extends CommonOptions {
  readonly schema?: boolean;
}

/** `bake config`: the configuration as resolved, defaults and inheritance applied; or the schema of what may be written. */
export async function config(options: ConfigOptions, io: CommandIo): Promise<number> {
  if (options.schema) {
    printJson(io, configJsonSchema());
    return 0;
  }
  const resolved = configToJson(await loadConfig(configOption(options, io)));
  if (options.json) printJson(io, resolved);
  else print(io, stringify(resolved));
  return 0;
}
