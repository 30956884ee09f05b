import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { BakeError, usage } from '../model/errors.ts';

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

/** Lays out the whole tree of a revision in `into`, and says where in it the project's folder is. Changes no checkout. */
export async function checkOut(revision: string, dir: string, into: string): Promise<string> {
  const top = await topOfCheckout(dir);
  if (top === undefined) {
    throw usage(`${dir} is in no Git checkout, so nothing is known of ${revision}`, 'Leave --changed-since out.');
  }
  const commit = await git(dir, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
  if (commit.exitCode !== 0) {
    const hint = 'A shallow clone lacks it: fetch it (git fetch --unshallow; on GitHub Actions fetch-depth: 0).';
    throw usage(`there is no revision ${JSON.stringify(revision)}`, hint);
  }
  const tree = join(into, 'tree');
  const steps = [
    ['read-tree', commit.stdout],
    ['checkout-index', '--all', '--quiet', `--prefix=${tree}/`],
  ];
  const env = { GIT_INDEX_FILE: join(into, '.index') };
  for (const step of steps) {
    const done = await execa('git', step, { cwd: top, reject: false, stdin: 'ignore', env });
    if (done.exitCode !== 0) throw notCheckedOut(revision, done.stderr);
  }
  return join(tree, await placeInCheckout(dir));
}

function notCheckedOut(revision: string, stderr: string): BakeError {
  return new BakeError({
    code: 'revision-not-read',
    message: `${revision} cannot be read from Git: ${stderr.split('\n')[0]}`,
    hint: 'Look at what git checkout says of it, or leave --changed-since out.',
    blame: 'tool',
  });
}

const git = (cwd: string, ...args: readonly string[]) =>
  execa('git', args, { cwd, reject: false, stdin: 'ignore', timeout: 10_000 });
