import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withLock } from '../../src/setup/lock.ts';
import { cacheDir } from '../../src/setup/paths.ts';
import { run } from '../../src/setup/process.ts';
import { ensureVenv } from '../../src/setup/venv.ts';
import { temporaryFolder } from './layers-on-disk.ts';

/** configobj is what cloud-init's schema needs besides the Python packages of the sandbox. */
const PACKAGES = ['cloud-init', 'python3-configobj'];

const SUITES = { 'debian:12': 'bookworm', 'debian:13': 'trixie' } as const;
export type CloudInitRelease = keyof typeof SUITES;
type Suite = (typeof SUITES)[CloudInitRelease];

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * A release's own cloud-init, unpacked and not installed, in the cache: for tests that ask the real code. Needs `apt-get`
 * and `dpkg-deb`, so a Debian or Ubuntu, with the keys of Debian's archive (package debian-archive-keyring).
 */
export class CloudInit {
  /** Where the packages are unpacked: `etc/cloud/cloud.cfg`, `usr/lib/python3/dist-packages/cloudinit`. */
  readonly tree: string;
  private readonly python: string;

  private constructor(tree: string, python: string) {
    this.tree = tree;
    this.python = python;
  }

  static async unpacked(release: CloudInitRelease = 'debian:12'): Promise<CloudInit> {
    const suite = SUITES[release];
    const tree = join(cacheDir(), 'test', `cloud-init-${suite}`);
    await withLock(`${tree}.lock`, { patience: 300 }, () => unpack(tree, suite));
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

/** By lists of packages of its own, whatever the release of this machine is: these need no root. */
async function download(into: string, suite: Suite): Promise<void> {
  await mkdir(join(into, 'lists/partial'), { recursive: true });
  await writeFile(join(into, 'sources.list'), `deb [signed-by=${KEYRING}] ${await archive()} ${suite} main\n`);
  const own = [
    `Dir::Etc::SourceList=${join(into, 'sources.list')}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${join(into, 'lists')}`,
    `Dir::Cache=${into}`,
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
  ].flatMap((option) => ['-o', option]);
  await execa('apt-get', [...own, 'update'], { cwd: into });
  await execa('apt-get', [...own, 'download', ...PACKAGES], { cwd: into });
}

/** This machine's own, so that it may be a mirror. */
async function archive(): Promise<string> {
  const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)';
  const { stdout } = await execa('apt-get', ['indextargets', '--format', format, 'Identifier: Packages']);
  return /^Debian\|Debian\|(https?:\S+)$/m.exec(stdout)?.[1] ?? 'http://deb.debian.org/debian';
}

async function unpack(tree: string, suite: Suite): Promise<void> {
  if (existsSync(join(tree, 'usr'))) return;
  const scratch = `${tree}.${process.pid}.part`;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(join(scratch, 'debs'), { recursive: true });
  await download(join(scratch, 'debs'), suite);
  for (const name of (await readdir(join(scratch, 'debs'))).filter((file) => file.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', join(scratch, 'debs', name), scratch]);
  }
  await rm(tree, { recursive: true, force: true });
  await rename(scratch, tree);
}
