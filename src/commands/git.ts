import { resolve } from 'node:path';
import { execa } from 'execa';

/** The commit that a project's folder is at, `-dirty` when it has changes; undefined outside a checkout. */
export async function commitOf(dir: string): Promise<string | undefined> {
  const git = (...args: string[]) => execa('git', args, { cwd: dir, reject: false, stdin: 'ignore', timeout: 10_000 });
  const head = await git('rev-parse', 'HEAD');
  if (head.exitCode !== 0) return undefined;
  const status = await git('status', '--porcelain', '--untracked-files=normal', '--', '.');
  return status.exitCode === 0 && status.stdout === '' ? head.stdout : `${head.stdout}-dirty`;
}

/** Top of the checkout that a folder is in; undefined outside of one. */
export async function topOfCheckout(dir: string): Promise<string | undefined> {
  const options = { cwd: dir, reject: false, stdin: 'ignore', timeout: 10_000 } as const;
  // From where it is, since the name of a folder may go over links that git resolves.
  const { exitCode, stdout } = await execa('git', ['rev-parse', '--show-cdup'], options);
  return exitCode === 0 ? resolve(dir, stdout) : undefined;
}
