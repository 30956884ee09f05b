import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withLock } from '../../src/setup/lock.ts';
import { cacheDir } from '../../src/setup/paths.ts';
import { run } from '../../src/setup/process.ts';
import { ensureVenv } from '../../src/setup/venv.ts';
import { temporaryFolder } from './layers-on-disk.ts';

/** configobj is what cloud-init's schema needs besides the Python packages of the sandbox. */
const PACKAGES = ['cloud-init', 'python3-configobj'];

/**
 * Debian's own cloud-init, unpacked and not installed, in the cache: for tests that ask the real code. Needs `apt-get`
 * and `dpkg-deb`, so a Debian or Ubuntu; the version is that of this machine's archive.
 */
export class CloudInit {
  /** Where the packages are unpacked: `etc/cloud/cloud.cfg`, `usr/lib/python3/dist-packages/cloudinit`. */
  readonly tree: string;
  private readonly python: string;

  private constructor(tree: string, python: string) {
    this.tree = tree;
    this.python = python;
  }

  static async unpacked(): Promise<CloudInit> {
    const tree = join(cacheDir(), 'test', 'cloud-init');
    await withLock(`${tree}.lock`, { patience: 300 }, () => unpack(tree));
    return new CloudInit(tree, await ensureVenv());
  }

  /** What the files below `root` give, by `read_conf_with_confd`, and what `cloud-init schema` says of one text. */
  async read(
    root: string,
    dropIn: string,
  ): Promise<{ readonly config: unknown; readonly schemaErrors: string | null }> {
    const { stdout } = await execa(this.python, ['-c', READ, join(root, 'etc/cloud/cloud.cfg')], {
      input: dropIn,
      env: this.env,
    });
    return JSON.parse(stdout) as { config: unknown; schemaErrors: string | null };
  }

  /** The user-data as cloud-init's own processor and handlers take it. */
  async process(userData: Buffer): Promise<Processed> {
    await using folder = await temporaryFolder();
    const program = join(import.meta.dirname, 'process_user_data.py');
    const { stdout } = await execa(this.python, [program, folder.path], { input: userData, env: this.env });
    return JSON.parse(stdout) as Processed;
  }

  /** A `cloud-init` for PATH, as the package's own is. */
  get command(): string {
    const { PYTHONPATH } = this.env;
    return `#!/bin/sh\nPYTHONDONTWRITEBYTECODE=1 PYTHONPATH='${PYTHONPATH}' exec '${this.python}' -m cloudinit.cmd.main "$@"\n`;
  }

  private get env() {
    return { PYTHONPATH: join(this.tree, 'usr/lib/python3/dist-packages'), PYTHONDONTWRITEBYTECODE: '1' };
  }
}

/** What a new instance makes of user-data: test/helpers/process_user_data.py. */
export interface Processed {
  readonly parts: readonly (readonly [type: string, name: string])[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly boothooks: Readonly<Record<string, string>>;
  readonly schemaErrors: string | null;
  readonly warnings: readonly string[];
}

const READ = `
import json, sys
from cloudinit import util
from cloudinit.config.schema import SchemaValidationError, validate_cloudconfig_schema
errors = None
try:
    validate_cloudconfig_schema(util.load_yaml(sys.stdin.read(), default={}), strict=True)
except SchemaValidationError as error:
    # Deprecated keys are raised the same way, and are no mistake.
    errors = "; ".join(map(str, error.schema_errors)) or None
print(json.dumps({"config": util.read_conf_with_confd(sys.argv[1]), "schemaErrors": errors}))
`;

/** From lists of packages of its own where the system has none: these need no root. */
async function download(into: string): Promise<void> {
  const apt = (...args: readonly string[]) => execa('apt-get', args, { cwd: into });
  await apt('download', ...PACKAGES).catch(async () => {
    await mkdir(join(into, 'lists/partial'), { recursive: true });
    const own = ['-o', `Dir::State::Lists=${join(into, 'lists')}`, '-o', `Dir::Cache=${into}`];
    await apt(...own, 'update');
    await apt(...own, 'download', ...PACKAGES);
  });
}

async function unpack(tree: string): Promise<void> {
  if (existsSync(join(tree, 'usr'))) return;
  const scratch = `${tree}.${process.pid}.part`;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(join(scratch, 'debs'), { recursive: true });
  await download(join(scratch, 'debs'));
  for (const name of (await readdir(join(scratch, 'debs'))).filter((file) => file.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', join(scratch, 'debs', name), scratch]);
  }
  await rm(tree, { recursive: true, force: true });
  await rename(scratch, tree);
}
