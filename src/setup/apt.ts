import { run } from './process.ts';
import { runStep, type StepContext } from './steps.ts';

/** Another apt may be at work, for instance the nightly one. */
const PATIENCE = ['-o', 'DPkg::Lock::Timeout=300'];

/**
 * Installs packages in one call. The package lists are fetched only when the first try fails, as it does on a machine
 * that never had them. Throws `command-failed`.
 */
export async function aptInstall(
  packages: readonly string[],
  asRoot: readonly string[],
  context: StepContext,
): Promise<void> {
  const { signal } = context;
  await runStep(`install ${packages.join(', ')}`, context, async (onLine) => {
    const apt = (...args: readonly string[]) => {
      const [file = 'apt-get', ...rest] = [...asRoot, ...environment(asRoot), 'apt-get', ...PATIENCE, ...args];
      return run(file, rest, { signal, onLine, env: NONINTERACTIVE });
    };
    const install = () => apt('install', '-y', '--no-install-recommends', ...packages);
    await install().catch(async () => {
      signal?.throwIfAborted();
      await apt('update');
      await install();
    });
    return { value: undefined };
  });
}

const NONINTERACTIVE = { DEBIAN_FRONTEND: 'noninteractive' };

/** sudo passes no environment on. */
const environment = (asRoot: readonly string[]): readonly string[] =>
  asRoot.length === 0 ? [] : ['env', 'DEBIAN_FRONTEND=noninteractive'];
