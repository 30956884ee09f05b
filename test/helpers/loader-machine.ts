import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { execa } from 'execa';
import type { FakeAws } from './fake-aws.ts';
import { temporaryFolder } from './layers-on-disk.ts';
import { LOADER } from './loader-module.ts';

const PYTHON = ['python3', '-B', '-W', 'ignore', join(import.meta.dirname, 'run_loader.py')];

export interface LoaderOptions {
  /** Constants of the loader. */
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly kill?: number;
  /** Words before the command, such as `unshare`. */
  readonly wrapper?: readonly string[];
  readonly hosts?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Waits of the loader's, so short that a deadline of seconds holds many attempts. */
const QUICK = {
  FIRST_PAUSE: 0.01,
  LONGEST_PAUSE: 0.05,
  DENIED_SECONDS: 1,
  CORRUPTED_SECONDS: 0.3,
  METADATA_SECONDS: 1,
};

/** A machine as far as the loader sees it: its settings, its state folder, and a `systemctl` that writes down its words. */
export class LoaderMachine implements AsyncDisposable {
  readonly #folder: AsyncDisposable & { readonly path: string };
  readonly #aws: FakeAws;
  #plans = 0;

  private constructor(folder: AsyncDisposable & { readonly path: string }, aws: FakeAws) {
    this.#folder = folder;
    this.#aws = aws;
  }

  static async create(aws: FakeAws, settings: object = {}): Promise<LoaderMachine> {
    const machine = new LoaderMachine(await temporaryFolder(), aws);
    const { stdout: group } = await promisify(execFile)('id', ['-gn']);
    const baked = { version: 1, image: 'api', bucket: 'acme-config-{account}-{region}', prefix: 'api' };
    await machine.write('baked.json', {
      ...baked,
      service: 'api.service',
      group: group.trim(),
      deadline: 20,
      ...settings,
    });
    await writeFile(machine.path('uuid'), 'ec2-one\n');
    await mkdir(machine.path('bin'));
    await writeFile(machine.path('bin/systemctl'), SYSTEMCTL);
    await chmod(machine.path('bin/systemctl'), 0o755);
    await writeFile(machine.path('api.service'), 'active');
    await writeFile(machine.path('bake-region-config.service'), 'active');
    return machine;
  }

  path(...parts: readonly string[]): string {
    return join(this.#folder.path, ...parts);
  }

  /** What user-data writes to /etc. */
  override(settings: unknown): Promise<void> {
    return this.write('written.json', settings);
  }

  write(name: string, data: unknown): Promise<void> {
    return writeFile(this.path(name), typeof data === 'string' ? data : JSON.stringify(data));
  }

  /** Says `active`, `failed` and so on of a unit. */
  unit(name: string, state: string): Promise<void> {
    return writeFile(this.path(name), state);
  }

  async start(verb: readonly string[], options: LoaderOptions = {}): Promise<{ readonly ended: Promise<Ran> }> {
    const plan = await this.#plan(options);
    const [command = '', ...rest] = [...(options.wrapper ?? []), ...PYTHON, plan, ...verb];
    return { ended: ranOf(execa(command, rest, { reject: false, env: { ...this.#env, ...options.env } })) };
  }

  /** A run on each machine, killed before the given step. Standard error of all is empty, or this throws. */
  static async runEach(
    verb: string,
    runs: readonly { machine: LoaderMachine; kill?: number }[],
  ): Promise<readonly Ran[]> {
    const plans = await Promise.all(runs.map(({ machine, ...options }) => machine.#plan(options)));
    const [command = '', ...rest] = [...PYTHON, '--each', verb, ...plans];
    const { stdout, stderr } = await execa(command, rest);
    if (stderr !== '') throw new Error(stderr);
    const codes = JSON.parse(stdout) as readonly number[];
    const outputs = await Promise.all(plans.map((plan) => readFile(`${plan}.out`, 'utf8')));
    return outputs.map((said, index) =>
      outcome(codes[index] === -9 ? 'SIGKILL' : (codes[index] ?? ''), said.trim(), ''),
    );
  }

  get #env() {
    return { PATH: `${this.path('bin')}:${process.env.PATH}`, FOLDER: this.path() };
  }

  async #plan({ constants: others, kill, hosts }: LoaderOptions): Promise<string> {
    this.#plans += 1;
    const name = `plan-${this.#plans}.json`;
    const constants = {
      METADATA: this.#aws.metadataAddress,
      SETTINGS: [this.path('baked.json'), this.path('written.json')],
      STATE: this.path('state'),
      MACHINE: this.path('uuid'),
      ...QUICK,
      ...others,
    };
    await this.write(name, {
      loader: LOADER,
      constants,
      env: this.#env,
      steps: this.path('steps'),
      ...(kill === undefined ? {} : { kill }),
      ...(hosts === undefined ? {} : { hosts }),
    });
    return this.path(name);
  }

  async run(verb: string | readonly string[], options: LoaderOptions = {}): Promise<Ran> {
    return (await this.start([verb].flat(), options)).ended;
  }

  /** How many steps the last run took that a kill can be before. */
  async steps(): Promise<number> {
    return Number(await readFile(this.path('steps'), 'utf8'));
  }

  /** What the loader had systemd do; questions are left out. */
  async actions(): Promise<readonly string[]> {
    const log = await readFile(this.path('systemctl.log'), 'utf8').catch(() => '');
    return log.split('\n').filter((line) => line !== '' && !line.startsWith('show '));
  }

  async state(): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(this.path('state/state.json'), 'utf8').catch(() => '{}'));
  }

  text(...parts: readonly string[]): Promise<string | undefined> {
    return readFile(this.path('state/current', ...parts), 'utf8').catch(() => undefined);
  }

  /** Names in the state folder. */
  async names(): Promise<readonly string[]> {
    return (await readdir(this.path('state')).catch(() => [])).sort();
  }

  /** The content that `current` is all of; undefined when there is none. Throws for a version that is not whole. */
  async current(): Promise<string | undefined> {
    const target = await readlink(this.path('state/current')).catch(() => undefined);
    if (target === undefined) return undefined;
    const origin = JSON.parse((await this.text('origin.json')) ?? '') as { readonly objects: Record<string, string> };
    for (const [name, digest] of Object.entries(origin.objects)) {
      const body = await readFile(this.path('state/current', name));
      if (createHash('sha256').update(body).digest('hex') !== digest) throw new Error(`${name} is not whole`);
      if (((await stat(this.path('state/current', name))).mode & 0o777) !== 0o640) throw new Error(`mode of ${name}`);
    }
    for (const name of ['values.env', 'values.properties']) {
      if (!(await this.text(name))?.endsWith('\n')) throw new Error(`${name} is not whole`);
    }
    return target.replace(/\.again$/, '');
  }

  /** As a disk that was copied, or that somebody else wrote to. */
  async remove(...parts: readonly string[]): Promise<void> {
    await rm(this.path(...parts), { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#folder[Symbol.asyncDispose]();
  }
}

interface Ran {
  readonly code: number | string;
  readonly said: string;
  readonly stderr: string;
  readonly reason: string | undefined;
}

async function ranOf(running: PromiseLike<Result>): Promise<Ran> {
  const { exitCode, stdout, stderr, signal } = await running;
  return outcome(exitCode ?? signal ?? '', stdout, stderr);
}

function outcome(code: Ran['code'], said: string, stderr: string): Ran {
  return { code, said, stderr, reason: /reason="([a-z0-9-]+)"/.exec(said)?.[1] };
}

interface Result {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const SYSTEMCTL = `#!/bin/sh
echo "$*" >>"$FOLDER/systemctl.log"
case "$1" in
    show) echo "ActiveState=$(cat "$FOLDER/$3")" ;;
    *) [ ! -e "$FOLDER/refuse" ] ;;
esac
`;
