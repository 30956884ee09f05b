import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { Json } from '../../src/model/image.ts';
import { ensureVenv } from '../../src/setup/venv.ts';
import { CloudInit, type CloudInitRelease } from './cloud-init.ts';
import { temporaryFolder } from './layers-on-disk.ts';

const DRIVER = fileURLToPath(new URL('./cloud_init_modules.py', import.meta.url));

/** Files of cloud.cfg.d by name; a string is written as it is. */
export type ConfD = Readonly<Record<string, Json>>;

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
    const { lost } = (await this.run(module, confD, baked)) as { lost: readonly string[] };
    return lost;
  }

  /** The whole configuration as cloud-init reads it. */
  async merged(confD: ConfD): Promise<Json> {
    return ((await this.run('merge', confD, null)) as { config: Json }).config;
  }

  private async run(module: string, confD: ConfD, baked: Json): Promise<unknown> {
    await using root = await temporaryFolder();
    const dir = join(root.path, 'etc/cloud/cloud.cfg.d');
    await mkdir(dir, { recursive: true });
    await cp(join(this.tree, 'etc/cloud/cloud.cfg'), join(root.path, 'etc/cloud/cloud.cfg'));
    for (const [name, content] of Object.entries(confD)) {
      await writeFile(join(dir, name), typeof content === 'string' ? content : stringify(content, { version: '1.1' }));
    }
    const { stdout } = await execa(this.python, ['-B', DRIVER, root.path, module], {
      input: JSON.stringify({ baked }),
      env: { PYTHONPATH: join(this.tree, 'usr/lib/python3/dist-packages'), CLOUD_INIT_TREE: this.tree },
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
