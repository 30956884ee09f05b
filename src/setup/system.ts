import { execa } from 'execa';
import { type Packages, TOOLS, type ToolName } from './tools.ts';

/** What decides how a missing tool gets here. */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly packageManager: keyof Packages | undefined;
  /** Words to put before a command of the package manager: none for root, `sudo -n` where that asks no password. */
  readonly asRoot: readonly string[] | undefined;
}

/** Asks this machine. */
export async function detectSystem(): Promise<System> {
  const { platform, arch } = process;
  const packageManager = (await works('apt-get', ['--version']))
    ? 'apt'
    : (await works('dnf', ['--version']))
      ? 'dnf'
      : (await works('brew', ['--version']))
        ? 'brew'
        : undefined;
  const root = process.getuid?.() === 0;
  const asRoot = root ? [] : (await works('sudo', ['-n', 'true'])) ? ['sudo', '-n'] : undefined;
  return { platform, arch, packageManager, asRoot };
}

/** What a person types here to get the tool. */
export function installHint(name: ToolName, system: System): string {
  const packages: Packages = TOOLS[name].packages;
  const { packageManager } = system;
  const wanted = packageManager === undefined ? undefined : packages[packageManager];
  if (wanted === undefined) return `Install ${name} and put it on PATH.`;
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  switch (packageManager) {
    case 'apt':
      return `${sudo}apt-get install --no-install-recommends ${wanted}`;
    case 'dnf':
      return `${sudo}dnf install ${wanted}`;
    default:
      return `brew install ${wanted}`;
  }
}

async function works(file: string, args: readonly string[]): Promise<boolean> {
  const result = await execa(file, args, { reject: false, stdin: 'ignore', timeout: 5_000 });
  return !result.failed;
}
