// Brings a fresh clone to where its commands run: dependencies and build. Plain JavaScript, since nothing is built or
// installed when it starts.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const cli = join(root, 'dist', 'cli.js');

/** Times steps and tells about each. `table()` is the summary of those that did something. */
export function stepTimer() {
  const begun = performance.now();
  const done = [];
  const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);
  return {
    /** Runs a step that is known to be needed. Passes on what `work` returns or throws. */
    async step(title, work) {
      say(`[${seconds(begun).padStart(6)} s] ${title}`);
      const started = performance.now();
      try {
        return await work();
      } finally {
        done.push([title, seconds(started)]);
      }
    },
    table() {
      const rows = [...done, ['total', seconds(begun)]];
      const width = Math.max(...rows.map(([title]) => title.length));
      return rows.map(([title, time]) => `${title.padEnd(width)}  ${time.padStart(6)} s`).join('\n');
    },
  };
}

/** One line for the person who watches; results go to standard output, this does not. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a program in the project's folder with this terminal as its own. Resolves to its exit code, 128 + n after a
 * signal. An abort passes the signal on and still waits, so that it can clean up.
 */
export function run(file, args, { signal, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    // A terminal sends Ctrl-C to its whole foreground group: passed on, the program would get it twice.
    const stop = () => (signal.reason === 'SIGINT' && process.stdin.isTTY) || child.kill(signal.reason);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('close', (code, name) => {
      signal?.removeEventListener('abort', stop);
      resolve(code ?? (name === 'SIGINT' ? 130 : 143));
    });
  });
}

/** Installs the dependencies and builds, each only if needed. Throws an Error that says what failed. */
export async function bootstrap(timer, signal) {
  if (!dependenciesFit()) {
    await timer.step('install dependencies', () => must('npm', ['ci', '--no-audit', '--no-fund'], signal));
    record(installedStamp, lockDigest());
  }
  const digest = sourceDigest();
  if (!existsSync(cli) || read(builtStamp) !== digest) {
    // tsc leaves what it wrote for files that are gone.
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    await timer.step('build', () => must('npm', ['run', '--silent', 'build'], signal));
    record(builtStamp, digest);
  }
}

const installedStamp = join(root, 'node_modules', '.cache', 'bake', 'installed');
const builtStamp = join(root, 'node_modules', '.cache', 'bake', 'built');

function dependenciesFit() {
  const lock = join(root, 'package-lock.json');
  // npm writes this one after everything else: dependencies that somebody installed by hand count as well.
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  return read(installedStamp) === lockDigest() || statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

function sourceDigest() {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'src'), { recursive: true }).filter((file) => /\.(?:ts|mjs)$/.test(file));
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  for (const file of [...sources.sort().map((file) => join('src', file)), ...settings]) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

async function must(file, args, signal) {
  const code = await run(file, args, { signal });
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} exited with ${code}`);
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

function record(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** Aborted by Ctrl-C and SIGTERM; the reason is the signal's name. */
export function interruption() {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => controller.abort(name));
  return controller.signal;
}
