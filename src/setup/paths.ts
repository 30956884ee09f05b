import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Environment = Readonly<Record<string, string | undefined>>;

/** What can be made again: tools, the Python environment, machine images. */
export const cacheDir = (env: Environment = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bake');

/** What cannot: the state of sandboxes. */
export const dataDir = (env: Environment = process.env): string =>
  join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'bake');

/** A file that ships beside the source, such as `src/sandbox/server.py`: the same file from `src/` and from `dist/`. */
export function packageFile(...segments: readonly string[]): string {
  return join(packageRoot(), ...segments);
}

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
