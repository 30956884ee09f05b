import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BakeError } from '../../src/model/errors.ts';

/** What a file of a test project is: its text or bytes, or a link, or text with a mode. */
type Content = string | Buffer | { readonly link: string } | { readonly text: string; readonly mode: number };

export interface Project extends AsyncDisposable {
  /** Absolute, without links in it. */
  readonly root: string;
}

/** A folder with these files, removed when it goes out of scope. */
export async function projectWith(files: Readonly<Record<string, Content>>): Promise<Project> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'bake-config-')));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    if (typeof content === 'object' && 'link' in content) await symlink(content.link, path);
    else await writeFile(path, typeof content === 'object' && 'text' in content ? content.text : content);
    if (typeof content === 'object' && 'mode' in content) await chmod(path, content.mode);
  }
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

/** The BakeError that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<BakeError> {
  const outcome = await promise.then(
    () => 'it resolved',
    (error: unknown) => error,
  );
  if (outcome instanceof BakeError) return outcome;
  throw new Error(`no BakeError: ${String(outcome)}`, { cause: outcome });
}
