import { resolve } from 'node:path';
import { execa } from 'execa';

/** The commit that a project's folder is at, `-dirty` when it has changes; undefined outside a checkout. */
export async function commitOf(dir: string): Promise<string | undefined> {
  const head = await git(dir, 'rev-parse', 'HEAD');
  if (head.exitCode !== 0) return undefined;
  const status = await git(dir, 'status', '--porcelain', '--untracked-files=normal', '--', '.');
  return status.exitCode === 0 && status.stdout === '' ? head.stdout : `${head.stdout}-dirty`;
}

/** Where a folder is in its checkout, as `images/`; empty at its root, and outside a checkout. */
export async function placeInCheckout(dir: string): Promise<string> {
  const { exitCode, stdout } = await git(dir, 'rev-parse', '--show-prefix');
  return exitCode === 0 ? stdout : '';
}

/** Top of the checkout that a folder is in; undefined outside of one. */
export async function topOfCheckout(dir: string): Promise<string | undefined> {
  // From where it is, since the name of a folder may go over links that git resolves.
  const { exitCode, stdout } = await git(dir, 'rev-parse', '--show-cdup');
  return exitCode === 0 ? resolve(dir, stdout) : undefined;
}

const git = (cwd: string, ...args: readonly string[]) =>
  execa('git', args, { cwd, reject: false, stdin: 'ignore', timeout: 10_000 });
