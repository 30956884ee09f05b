import { type ChildProcess, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { builtCli } from './cli-build.ts';
import { until } from './sandbox-server.ts';

export interface CliResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  /** On top of PATH and the folders; a variable of the caller's environment never reaches the CLI. */
  readonly env: Readonly<Record<string, string>>;
  /** A program that gets the command as its last arguments and runs it. */
  readonly under?: readonly string[];
  /** Milliseconds. */
  readonly limit?: number;
}

/** Milliseconds after which a CLI that should have ended is killed and its test fails with what it said. */
const LIMIT = 280_000;

export const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

const running = new Set<RunningCli>();

/** Ends what tests that ran out of time have left running. */
export async function endAll(): Promise<void> {
  const left = [...running];
  for (const cli of left) cli.child.kill('SIGTERM');
  await Promise.allSettled(left.map((cli) => cli.ended));
}

/** A `bake` that runs. */
export class RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
  private readonly milliseconds: number;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], { cwd, env, under = [], limit: milliseconds = LIMIT }: CliOptions) {
    this.milliseconds = milliseconds;
    const [program = process.execPath, ...rest] = [...under, process.execPath, builtCli(), ...args];
    this.child = spawn(program, rest, {
      cwd,
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', XDG_CACHE_HOME: cacheHome, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a shell gives it, so that a test can signal the whole group.
      detached: true,
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    running.add(this);
    this.ended = new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.child.kill('SIGKILL');
        reject(new Error(`bake ${args.join(' ')} did not end\n${this.stdout}\n${this.stderr}`));
      }, milliseconds);
      this.child.once('error', reject);
      this.child.once('close', (code) => {
        clearTimeout(limit);
        running.delete(this);
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Waits for words on stdout or stderr; fails with all words when it ends without them. */
  async says(words: string | RegExp): Promise<void> {
    await until(async () => {
      if (new RegExp(words).test(this.stdout + this.stderr)) return true;
      if (this.child.exitCode === null) return false;
      throw new Error(`bake ended with ${this.child.exitCode} and never said ${words}\n${this.stdout}\n${this.stderr}`);
    }, this.milliseconds);
  }

  /** Closes the pipes that it writes to. */
  hangUp(): void {
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
  }

  signal(name: NodeJS.Signals, to: 'process' | 'group' = 'process'): void {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('bake did not start');
    process.kill(to === 'group' ? -pid : pid, name);
  }
}

/** NDJSON as events; throws where a line is none. */
export function eventsOf(stdout: string): readonly CliEvent[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as CliEvent);
}

export interface CliEvent {
  readonly v: 1;
  readonly at: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The last event, as `jq -s last` finds it. */
export function resultOf(stdout: string): ResultEvent {
  const last = eventsOf(stdout).at(-1);
  if (last?.type !== 'result') throw new Error(`the last line is no result: ${stdout.slice(-500)}`);
  return last as unknown as ResultEvent;
}

interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: readonly string[];
}

export interface ResultEvent {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly outcomes: Readonly<Record<string, OutcomeJson>>;
  readonly error?: ErrorJson;
}

export interface OutcomeJson {
  readonly status: string;
  readonly imageId?: string;
  readonly version?: string;
  readonly error?: ErrorJson;
}
