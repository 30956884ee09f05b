import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const builds = join(root, 'node_modules/.cache/bake/test-cli');

/**
 * The built CLI of these very sources: made once for each state of `src/`, beside links to what the package ships. A
 * folder of its own, so that neither a stale `dist/` is tested nor one that is being rebuilt.
 */
export function builtCli(): string {
  cli ??= findOrBuild();
  return cli;
}

/** Once for a test file: its CLI stays the same although somebody edits the sources. */
let cli: string | undefined;

function findOrBuild(): string {
  const folder = join(builds, sourceDigest());
  const file = join(folder, 'dist/cli.js');
  if (!existsSync(file)) build(folder);
  return file;
}

function build(folder: string): void {
  mkdirSync(builds, { recursive: true });
  const scratch = mkdtempSync(join(builds, 'part-'));
  for (const name of ['package.json', 'templates', 'src']) symlinkSync(join(root, name), join(scratch, name));
  const tsc = join(root, 'node_modules/.bin/tsc');
  const args = ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(scratch, 'dist')];
  const { stdout } = spawnSync(tsc, args, { cwd: root, encoding: 'utf8' });
  // Types are another check's concern: what is emitted is what the sources say.
  if (!existsSync(join(scratch, 'dist/cli.js'))) throw new Error(`tsc built nothing: ${stdout}`);
  try {
    renameSync(scratch, folder);
  } catch (error) {
    // Another worker was faster.
    rmSync(scratch, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

function sourceDigest(): string {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  for (const file of sources.filter((name) => name.endsWith('.ts')).sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(root, 'src', file)));
  }
  return hash.digest('hex').slice(0, 16);
}
