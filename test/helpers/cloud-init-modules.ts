import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { Json } from '../../src/model/image.ts';
import { ensureVenv } from '../../src/setup/venv.ts';
import { CloudInit, type CloudInitRelease } from './cloud-init.ts';
import { temporaryFolder } from './layers-on-disk.ts';

const MODULES = fileURLToPath(new URL('./cloud_init_modules.py', import.meta.url));
const MERGE = fileURLToPath(new URL('./cloud_init_merge.py', import.meta.url));
const GUARD = fileURLToPath(new URL('../../templates/provision', import.meta.url));

/** Files of cloud.cfg.d by name; a string is written as it is. */
export type ConfD = Readonly<Record<string, Json>>;

const written = (confD: ConfD): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(confD).map(([name, content]) => [
      name,
      typeof content === 'string' ? content : stringify(content, { version: '1.1' }),
    ]),
  );

/** Debian's cloud-init, run in a temporary root: it never sees this machine. */
export class CloudInitModules {
  readonly tree: string;
  private readonly python: string;

  private constructor(tree: string, python: string) {
    this.tree = tree;
    this.python = python;
  }

  static async open(release: CloudInitRelease = 'debian:12'): Promise<CloudInitModules> {
    const { tree } = await CloudInit.unpacked(release);
    return new CloudInitModules(tree, await ensureVenv());
  }

  /** What the module changes of what was baked, with the package's cloud.cfg and these files over it. */
  async lost(module: string, confD: ConfD, baked: Json = null): Promise<readonly string[]> {
    await using root = await this.root();
    const dir = join(root.path, 'etc/cloud/cloud.cfg.d');
    await mkdir(dir, { recursive: true });
    for (const [name, text] of Object.entries(written(confD))) await writeFile(join(dir, name), text);
    const { lost } = (await this.run([MODULES, root.path, module], { baked })) as { lost: readonly string[] };
    return lost;
  }

  /** The whole configuration, for each set of files, as cloud-init reads it and as the guard on builders does. */
  async merged(...sets: readonly ConfD[]): Promise<readonly (readonly [theirs: Json, guards: Json])[]> {
    await using root = await this.root();
    const merged = await this.run([MERGE, root.path], sets.map(written));
    return merged as readonly (readonly [Json, Json])[];
  }

  /** With the package's cloud.cfg alone. */
  private async root() {
    const root = await temporaryFolder();
    await mkdir(join(root.path, 'etc/cloud'), { recursive: true });
    await cp(join(this.tree, 'etc/cloud/cloud.cfg'), join(root.path, 'etc/cloud/cloud.cfg'));
    return root;
  }

  private async run(args: readonly string[], input: unknown): Promise<unknown> {
    const { stdout } = await execa(this.python, ['-B', ...args], {
      input: JSON.stringify(input),
      env: { PYTHONPATH: `${join(this.tree, 'usr/lib/python3/dist-packages')}:${GUARD}`, CLOUD_INIT_TREE: this.tree },
    });
    return JSON.parse(stdout.split('\n').at(-1) ?? '');
  }

  /** The data sources that ds-identify finds listed in a file of cloud.cfg.d; its default list where it finds none. */
  async listedSources(text: string): Promise<readonly string[]> {
    await using root = await temporaryFolder();
    const dir = join(root.path, 'etc/cloud/cloud.cfg.d');
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, '90-web.cfg'), text);
    const log = join(root.path, 'log');
    const env = { PATH_ROOT: root.path, DI_LOG: log, DEBUG_LEVEL: '2' };
    await execa('sh', [join(this.tree, 'usr/lib/cloud-init/ds-identify'), '--force'], { env, reject: false });
    const [, listed = ''] = /^DSLIST=(.*)$/m.exec(await readFile(log, 'utf8')) ?? [];
    return listed.split(' ');
  }
}
