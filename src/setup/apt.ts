import { BakeError } from '../model/errors.ts';
import { run } from './process.ts';
import { runStep, type StepContext } from './steps.ts';

/** Another apt may be at work, for instance the nightly one. */
const PATIENCE = ['-o', 'DPkg::Lock::Timeout=300'];

/**
 * Installs packages in one call. The package lists are fetched only when the first try fails, as it does on a machine
 * that never had them. Of the `dispensable` ones those that this system does not have are left out and returned.
 * Throws `command-failed`.
 */
export async function aptInstall(
  packages: readonly string[],
  asRoot: readonly string[],
  context: StepContext,
  dispensable: readonly string[] = [],
): Promise<readonly string[]> {
  const { signal } = context;
  return runStep(`install ${packages.join(', ')}`, context, async (onLine) => {
    const apt = (...args: readonly string[]) => {
      const [file = 'apt-get', ...rest] = [...asRoot, ...environment(asRoot), 'apt-get', ...PATIENCE, ...args];
      return run(file, rest, { signal, onLine, env: NONINTERACTIVE });
    };
    const install = (names: readonly string[]) => apt('install', '-y', '--no-install-recommends', ...names);
    try {
      await install(packages).catch(async () => {
        signal?.throwIfAborted();
        await apt('update');
        await install(packages);
      });
      return { value: [] };
    } catch (error) {
      const lacking = dispensable.filter((name) => packages.includes(name) && isUnknown(name, error));
      if (lacking.length === 0) throw error;
      const others = packages.filter((name) => !lacking.includes(name));
      if (others.length > 0) await install(others);
      return { value: lacking };
    }
  });
}

/** "Unable to locate package packer", "Package 'packer' has no installation candidate". */
function isUnknown(name: string, error: unknown): boolean {
  const said = error instanceof BakeError ? error.details : [];
  return said.some(
    (line) => line.startsWith('E: ') && / package |installation candidate/.test(line) && line.includes(name),
  );
}

/** In English, since what apt says is read. */
const NONINTERACTIVE = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };

/** sudo passes no environment on. */
const environment = (asRoot: readonly string[]): readonly string[] =>
  asRoot.length === 0 ? [] : ['env', ...Object.entries(NONINTERACTIVE).map(([name, value]) => `${name}=${value}`)];
