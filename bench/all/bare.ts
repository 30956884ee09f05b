import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packerEnvironment } from '../../src/packer/environment.ts';
import { amiInManifest } from '../../src/packer/manifest.ts';

export interface BareWork {
  /** Folder of a run of `bake all`, with what it rendered for each image. */
  readonly rendered: string;
  /** A new folder. */
  readonly folder: string;
  readonly packer: string;
  readonly levels: readonly (readonly string[])[];
  readonly parents: ReadonlyMap<string, string | undefined>;
  readonly parallel: number;
}

/**
 * What one writes without bake: the very templates and variables that bake gave to Packer, level by level by `xargs -P`,
 * with the key pair and the security group left to Packer, and the parent read from its manifest. Returns seconds.
 */
export async function bareBuilds({ rendered, folder, packer, levels, parents, parallel }: BareWork): Promise<number> {
  const bakedBy = (name: string) => join(rendered, `${name}-x86_64`);
  const dirOf = (name: string) => join(folder, name);
  for (const name of levels.flat()) {
    await mkdir(dirOf(name), { recursive: true });
    for (const file of ['image.pkr.hcl', 'payload.tar', 'record-input.json']) {
      await cp(join(bakedBy(name), file), join(dirOf(name), file));
    }
  }
  const started = performance.now();
  for (const names of levels) {
    for (const name of names) {
      const variables = JSON.parse(await readFile(join(bakedBy(name), 'run.pkrvars.json'), 'utf8'));
      const parent = parents.get(name);
      const source =
        parent === undefined ? {} : { source_ami: await amiInManifest(join(dirOf(parent), 'manifest.json')) };
      const own = { ...variables, ...source, key_pair: '', private_key_file: '', security_group: '' };
      await writeFile(join(dirOf(name), 'run.pkrvars.json'), JSON.stringify(own));
    }
    await xargs(packer, names.map(dirOf), parallel);
  }
  return (performance.now() - started) / 1000;
}

function xargs(packer: string, dirs: readonly string[], parallel: number): Promise<void> {
  const command = `cd {} && '${packer}' build -machine-readable -var-file=run.pkrvars.json . >packer.log 2>&1`;
  const given = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_EC2_METADATA_DISABLED: 'true' };
  const env = packerEnvironment(process.env, given);
  const child = spawn('xargs', ['-P', `${parallel}`, '-I{}', 'sh', '-c', command], {
    env,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(dirs.join('\n'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`xargs: exit code ${code}`))));
  });
}
