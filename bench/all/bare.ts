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

const bakedBy = ({ rendered }: BareWork, name: string) => join(rendered, `${name}-x86_64`);
const dirOf = ({ folder }: BareWork, name: string) => join(folder, name);

/** A folder for each image, with the very template that bake has given to Packer. */
export async function prepareBare(work: BareWork): Promise<void> {
  for (const name of work.levels.flat()) {
    await mkdir(dirOf(work, name), { recursive: true });
    for (const file of ['image.pkr.hcl', 'payload.tar', 'record-input.json']) {
      await cp(join(bakedBy(work, name), file), join(dirOf(work, name), file));
    }
  }
}

/**
 * What one writes without bake: level by level by `xargs -P`, the same variables, with the key pair and the security
 * group left to Packer, and the parent read from its manifest.
 */
export async function bareBuilds(work: BareWork): Promise<void> {
  const { packer, levels, parents, parallel } = work;
  for (const names of levels) {
    for (const name of names) {
      const variables = JSON.parse(await readFile(join(bakedBy(work, name), 'run.pkrvars.json'), 'utf8'));
      const parent = parents.get(name);
      const manifest = parent && join(dirOf(work, parent), 'manifest.json');
      const source = manifest === undefined ? {} : { source_ami: await amiInManifest(manifest) };
      const own = { ...variables, ...source, key_pair: '', private_key_file: '', security_group: '' };
      await writeFile(join(dirOf(work, name), 'run.pkrvars.json'), JSON.stringify(own));
    }
    const dirs = names.map((name) => dirOf(work, name));
    await xargs(packer, dirs, parallel);
  }
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
