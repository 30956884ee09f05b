import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { packageFile } from '../../src/setup/paths.ts';
import { ensureVenv } from '../../src/setup/venv.ts';
import { temporaryFolder } from './layers-on-disk.ts';

/** What a change does: content of a file, `null` to remove it, `{ link }`. */
export type Change = string | null | { readonly link: string };
export type Changes = Readonly<Record<string, Change>>;

/** A folder that stands for a machine's `/`, on which the builder's programs run with `--root`. */
export class MachineRoot implements AsyncDisposable {
  readonly path: string;
  private readonly folder: AsyncDisposable;
  private readonly python: string;

  private constructor(folder: AsyncDisposable & { readonly path: string }, python: string) {
    this.folder = folder;
    this.path = join(folder.path, 'root');
    this.python = python;
  }

  static async create(files: Changes): Promise<MachineRoot> {
    const root = new MachineRoot(await temporaryFolder(), await ensureVenv());
    await mkdir(root.work, { recursive: true });
    await root.change(files);
    return root;
  }

  /** Where guard.py finds its input and keeps what it remembers. */
  get work(): string {
    return join(this.path, '../work');
  }

  async change(changes: Changes): Promise<void> {
    for (const [path, change] of Object.entries(changes)) {
      const file = join(this.path, path);
      await rm(file, { recursive: true, force: true });
      if (change === null) continue;
      await mkdir(dirname(file), { recursive: true });
      if (typeof change === 'string') await writeFile(file, change);
      else await symlink(change.link, file);
    }
  }

  mode(path: string, mode: number): Promise<void> {
    return chmod(join(this.path, path), mode);
  }

  /** Content, or undefined when there is no such file. */
  text(path: string): Promise<string | undefined> {
    return readFile(join(this.path, path), 'utf8').catch(() => undefined);
  }

  async names(folder: string): Promise<readonly string[]> {
    return (await readdir(join(this.path, folder)).catch(() => [])).sort();
  }

  /** Before the programs of this machine: a folder to put executables in. */
  get bin(): string {
    return join(this.path, '../bin');
  }

  /** Runs one of templates/provision; `said` are the findings on its `::bake::` lines, by kind. */
  async run(program: string, ...args: readonly string[]): Promise<Ran> {
    const file = packageFile('templates', 'provision', program);
    const { stdout, stderr, exitCode } = await execa(this.python, [file, '--root', this.path, ...args], {
      reject: false,
      env: { PYTHONDONTWRITEBYTECODE: '1', PATH: `${this.bin}:${process.env.PATH}` },
    });
    const lines = [...stdout.matchAll(/^::bake:: (\w+) (\{.*\})$/gm)];
    const said = lines.map(([, kind = '', json = '']) => ({ kind, ...(JSON.parse(json) as { row: string }) }));
    return { exitCode, stderr, said };
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.folder[Symbol.asyncDispose]();
  }
}

export interface Ran {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  readonly said: readonly { readonly kind: string; readonly row: string; readonly [key: string]: unknown }[];
}
