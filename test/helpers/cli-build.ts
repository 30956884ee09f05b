import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const builds = join(root, 'node_modules/.cache/bake/test-cli');

/** What the package ships beside what is built. */
const SHIPPED = ['package.json', 'templates', 'src'];

/**
 * The built CLI of these very sources, with copies of what it reads at run time, made once for each state of them. In a
 * folder of its own, it neither is a stale `dist/` nor changes under a test when somebody edits a template.
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
  for (const name of SHIPPED) cpSync(join(root, name), join(scratch, name), { recursive: true });
  const bundle = [join(scratch, 'src/bundle.mjs'), join(scratch, 'dist')];
  const { status, stderr } = spawnSync(process.execPath, bundle, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the command line was not bundled: ${stderr}`);
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
  for (const folder of ['src', 'templates']) {
    const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.endsWith('__pycache__'));
    for (const file of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
      hash.update(`${file}\0`).update(readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
