import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CliResult, RunningCli } from './cli.ts';

export interface ProjectSpec {
  readonly images: Readonly<Record<string, object>>;
  /** Layer → file → content; scripts are executable. */
  readonly layers?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Everything else that a configuration may say. */
  readonly settings?: object;
}

/** base → api, a file each: the smallest project that has everything. */
export const twoImages: ProjectSpec = {
  images: { base: { source: 'debian:12', layers: ['os'] }, api: { parent: 'base', layers: ['app'] } },
  layers: { os: { 'files/etc/motd': 'welcome\n' }, app: { 'files/etc/app.conf': 'port = 80\n' } },
};

/** A project in a temporary folder, with a home of its own, and a way to run `bake` in it. */
export class Project {
  /** Holds everything. */
  readonly root: string;
  readonly dir: string;
  /** First on PATH; empty unless a test puts a `packer` there. */
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds that a command may take; machines need more. */
  patience = 280_000;

  private constructor(root: string, env: Readonly<Record<string, string>>) {
    this.root = root;
    this.dir = join(root, 'project');
    this.bin = join(root, 'bin');
    const home = join(root, 'home');
    const PATH = `${this.bin}:${process.env.PATH}`;
    this.env = { HOME: home, XDG_DATA_HOME: join(root, 'data'), PATH, AWS_EC2_METADATA_DISABLED: 'true', ...env };
  }

  static async create(spec: ProjectSpec = twoImages, env: Readonly<Record<string, string>> = {}): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'bake-cli-')), env);
    await mkdir(project.bin, { recursive: true });
    await mkdir(join(project.root, 'home'));
    await project.configure(spec);
    for (const [layer, files] of Object.entries(spec.layers ?? {})) {
      await mkdir(join(project.dir, 'layers', layer), { recursive: true });
      for (const [file, content] of Object.entries(files)) await project.write(`layers/${layer}/${file}`, content);
    }
    return project;
  }

  configure({ images, settings }: ProjectSpec): Promise<void> {
    const config = { project: 'acme', region: 'us-east-1', ...settings, images };
    return this.write('bake.config.json', JSON.stringify(config, null, 2));
  }

  async write(file: string, content: string): Promise<void> {
    const path = join(this.dir, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    if (file.includes('/scripts/')) await chmod(path, 0o755);
  }

  read(file: string): Promise<string> {
    return readFile(join(this.dir, file), 'utf8');
  }

  /** A program that is found before the system's. */
  async program(name: string, script: string): Promise<void> {
    const path = join(this.bin, name);
    await writeFile(path, script);
    await chmod(path, 0o755);
  }

  removeProgram(name: string): Promise<void> {
    return rm(join(this.bin, name), { force: true });
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}, under?: readonly string[]): RunningCli {
    const given = under === undefined ? {} : { under };
    return new RunningCli(args, { cwd: this.dir, env: { ...this.env, ...env }, limit: this.patience, ...given });
  }

  /** Runs `bake` to its end, whatever that is. */
  bake(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
    return this.start(args, env).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
