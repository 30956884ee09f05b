import { type ChildProcess, spawn } from 'node:child_process';
import { cacheHome } from './cli.ts';
import { builtCli } from './cli-build.ts';
import { until } from './sandbox-server.ts';

/** A `bake` at a terminal of its own, which util-linux's `script` makes; what it shows is all in `shown`. */
export class TerminalCli {
  private readonly child: ChildProcess;
  /** The exit code. */
  readonly ended: Promise<number | null>;
  shown = '';

  constructor(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
    const command = [process.execPath, builtCli(), ...args]
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ');
    // Without a size of its own it would have no columns at all.
    const sized = `stty cols 120 rows 40; exec ${command}`;
    this.child = spawn('script', ['--quiet', '--flush', '--return', '--command', sized, '/dev/null'], {
      cwd,
      env: { PATH: process.env.PATH, SHELL: '/bin/sh', LANG: 'C.UTF-8', XDG_CACHE_HOME: cacheHome, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.shown += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', resolve);
    });
  }

  /** Waits until the terminal shows these words, and types the keys. `patience`: milliseconds. */
  async answer(words: string, keys: string, patience = 60_000): Promise<void> {
    await until(async () => {
      if (this.shown.includes(words)) return true;
      if (this.child.exitCode === null) return false;
      throw new Error(`bake ended with ${this.child.exitCode} and never asked ${words}\n${this.shown}`);
    }, patience);
    this.child.stdin?.write(keys);
  }
}
