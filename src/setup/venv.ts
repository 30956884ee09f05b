import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withLock } from './lock.ts';
import { cacheDir, packageFile } from './paths.ts';
import { run } from './process.ts';
import { type OnLine, runStep, type StepContext } from './steps.ts';

export interface VenvOptions {
  /** Default: the `python3` of PATH. */
  readonly python?: string;
  /** Requirements with hashes. Default: those of the sandbox's server. */
  readonly requirements?: string;
}

const STAMP = '.complete';

/**
 * A Python environment with exactly the required packages, kept in the cache per requirements and Python version.
 * Returns the path of its `python`. Throws `command-failed`.
 */
export async function ensureVenv(options: VenvOptions = {}, context: StepContext = {}): Promise<string> {
  const { python = 'python3', requirements = packageFile('src', 'sandbox', 'requirements.txt') } = options;
  const { signal } = context;
  const folder = join(cacheDir(), 'python', await keyOf(python, requirements));
  const executable = join(folder, 'bin', 'python');
  const stamp = join(folder, STAMP);
  if (await exists(stamp)) return executable;
  return withLock(`${folder}.lock`, { signal, patience: 600 }, async () => {
    if (await exists(stamp)) return executable;
    return runStep('Python packages of the sandbox', context, async (onLine) => {
      // A venv holds absolute paths and cannot be made elsewhere and renamed: the stamp says that it is whole.
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await run(python, ['-m', 'venv', folder], { signal, onLine });
      const progress: OnLine = (line) => PROGRESS.test(line) && onLine(line);
      await run(executable, ['-m', 'pip', ...PIP, '--require-hashes', '-r', requirements], {
        signal,
        onLine: progress,
      });
      await writeFile(stamp, '');
      return { value: executable };
    });
  });
}

/** Compiling takes as long as downloading; Python compiles what the server imports when it first does. */
const PIP = ['--disable-pip-version-check', 'install', '--no-input', '--only-binary=:all:', '--no-compile'];

/** Not its remarks on packages that other systems would need. */
const PROGRESS = /^\s*(?:Collecting|Downloading|Installing|Using|ERROR)/;

async function keyOf(python: string, requirements: string): Promise<string> {
  const { stdout } = await execa(python, ['-c', 'import sys; print(sys.version, sys.base_prefix)'], {
    stdin: 'ignore',
  });
  const digest = createHash('sha256')
    .update(stdout)
    .update('\0')
    .update(await readFile(requirements));
  return digest.digest('hex').slice(0, 16);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
