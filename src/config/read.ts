import { homedir } from 'node:os';
import { dirname, extname, resolve } from 'node:path';
import { cosmiconfig, type Loader, type PublicExplorer } from 'cosmiconfig';
import { configFileMissing, configNotFound, configUnreadable } from './errors.ts';
import { isFault } from './faults.ts';
import { loadJson, loadModule, loadYaml } from './loaders.ts';
import { isMisread } from './unwritable.ts';

export interface ReadConfig {
  /** Absolute. */
  readonly file: string;
  /** Whatever the file says; nothing about it is checked. */
  readonly value: unknown;
}

/** Modules all by jiti: cosmiconfig's own TypeScript loader needs a compiler API that TypeScript 7 no longer has. */
const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': asWritten(loadModule),
  '.mts': asWritten(loadModule),
  '.mjs': asWritten(loadModule),
  '.js': asWritten(loadModule),
  '.json': asWritten(loadJson),
  '.yaml': asWritten(loadYaml),
  '.yml': asWritten(loadYaml),
};

const EXTENSIONS = Object.keys(LOADERS);

/**
 * Reads the named file (from `cwd`), or the first `bake.config.*` in `cwd` and the folders above it, up to the home
 * folder when `cwd` is within it. Throws `config-not-found`, `config-unreadable`.
 */
export async function readConfig(cwd: string, file?: string): Promise<ReadConfig> {
  const explorer = createExplorer(cwd);
  if (file !== undefined) return readNamed(explorer, resolve(cwd, file));
  for (const folder of upwards(resolve(cwd), homedir())) {
    const found = await explorer.search(folder);
    if (found !== null) return { file: found.filepath, value: found.config };
  }
  throw configNotFound(cwd);
}

function createExplorer(cwd: string): PublicExplorer {
  try {
    return cosmiconfig('bake', {
      searchPlaces: EXTENSIONS.map((extension) => `bake.config${extension}`),
      loaders: LOADERS,
      searchStrategy: 'none',
      ignoreEmptySearchPlaces: false,
      cache: false,
    });
  } catch (error) {
    // It looks for settings of its own in the package.json of the current folder, which may be anything.
    const [reason = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw configUnreadable(cwd, reason, undefined, error);
  }
}

async function readNamed(explorer: PublicExplorer, file: string): Promise<ReadConfig> {
  if (!EXTENSIONS.includes(extname(file))) {
    throw configUnreadable(file, `its name ends in none of ${EXTENSIONS.join(', ')}`);
  }
  try {
    const found = await explorer.load(file);
    return { file, value: found?.config };
  } catch (error) {
    if (isFault(error, 'ENOENT', 'ENOTDIR')) throw configFileMissing(file);
    if (isFault(error, 'EISDIR', 'EACCES')) throw configUnreadable(file, (error as Error).message);
    throw error;
  }
}

/** Bytes that are not UTF-8 would arrive as others, without a word. */
function asWritten(load: Loader): Loader {
  return (file, text) => {
    if (isMisread(file, text)) throw configUnreadable(file, 'it is not UTF-8');
    return load(file, text);
  };
}

/** A folder and those above it, the last one `stop` or the root. */
function upwards(folder: string, stop: string): readonly string[] {
  const above = dirname(folder);
  return folder === stop || above === folder ? [folder] : [folder, ...upwards(above, stop)];
}
