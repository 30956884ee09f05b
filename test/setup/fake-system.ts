import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

export interface FakeSystem {
  /** The only folder on PATH. */
  readonly folder: string;
  /** Puts a shell script there. */
  add(name: string, script: string): Promise<void>;
  /** How apt-get was called, one line each; options for dpkg's lock left out. */
  aptCalls(): Promise<readonly string[]>;
}

/**
 * A machine with nothing on it but `apt-get` and a `sudo` that asks no password. `install` is the script that
 * `apt-get install` runs, with the packages as its arguments.
 */
export async function fakeSystem(install: string): Promise<FakeSystem> {
  const folder = await temporaryFolder();
  const log = join(folder, 'apt.log');
  const add = async (name: string, script: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\ncd ${folder}\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  };
  await add('sudo', 'shift; exec "$@"');
  await add('env', 'shift 2; exec "$@"');
  await add(
    'apt-get',
    `[ "$1" = --version ] && exit; shift 2; echo "$@" >>${log}; [ "$1" = update ] && { : >updated; exit; }; ${install}`,
  );
  vi.stubEnv('PATH', folder);
  vi.stubEnv('XDG_CACHE_HOME', folder);
  return {
    folder,
    add,
    aptCalls: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
  };
}
