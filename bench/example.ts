import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packerEnvironment } from '../src/packer/environment.ts';
import { ensureTool } from '../src/setup/ensure-tools.ts';
import { CliSandbox } from '../test/helpers/cli-sandbox.ts';
import type { Project } from '../test/helpers/project.ts';
import { inTurns, medianDifference, medianRatio, type Row } from './measure.ts';
import { node } from './start.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const PLANS = 11;
const BAKES = 7;

/** What the example of this repository takes on the emulator: to plan, and to bake beside Packer alone. */
export async function benchExample(): Promise<readonly Row[]> {
  const sandbox = await CliSandbox.up('--no-machines');
  const project = await sandbox.project();
  try {
    for (const name of ['bake.config.ts', 'layers', 'region-config']) {
      await cp(join(root, name), join(project.dir, name), { recursive: true });
    }
    return [await benchPlan(project), await benchService(project)];
  } finally {
    await project[Symbol.asyncDispose]();
    await sandbox.down();
  }
}

const CLI = join(root, 'dist/cli.js');

function bake(project: Project, ...args: readonly string[]): void {
  node([CLI, ...args, '--sandbox'], project.dir, { ...process.env, ...project.env });
}

async function benchPlan(project: Project): Promise<Row> {
  const seconds = await inTurns(PLANS, { node: () => node(['-e', '0']), plan: () => bake(project, 'plan') });
  const measure = 'bake plan of the example, sandbox up, against node -e 0';
  return { measure, result: medianRatio(seconds.plan, seconds.node), limit: 8, unit: '×' };
}

/**
 * `packer build` has the folder that bake rendered for its own: without machines the template has no provisioners, and
 * that of `bake render` has. It makes key pair and security group itself, as it does for those who have no bake.
 */
async function benchService(project: Project): Promise<Row> {
  const packer = await ensureTool('packer');
  bake(project, 'base');
  bake(project, 'service', 'api');
  const runs = join(project.dir, '.bake/runs');
  const rendered = join(runs, (await readdir(runs)).sort().at(-1) ?? '', 'api-x86_64');
  const folder = join(project.root, 'bare');
  await mkdir(folder);
  for (const file of ['image.pkr.hcl', 'payload.tar', 'record-input.json']) {
    await cp(join(rendered, file), join(folder, file));
  }
  const variables = JSON.parse(await readFile(join(rendered, 'run.pkrvars.json'), 'utf8'));
  const own = { ...variables, key_pair: '', private_key_file: '', security_group: '' };
  await writeFile(join(folder, 'run.pkrvars.json'), JSON.stringify(own));
  const given = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_EC2_METADATA_DISABLED: 'true' };
  const env = packerEnvironment(process.env, given);

  const seconds = await inTurns(BAKES, {
    packer: (round) => {
      const name = ['-var', `ami_name=bare/api/${round}`];
      const options = { cwd: folder, env, encoding: 'utf8' } as const;
      const { status, stdout } = spawnSync(packer.path, ['build', '-var-file=run.pkrvars.json', ...name, '.'], options);
      if (status !== 0) throw new Error(`packer build: ${stdout}`);
    },
    bake: () => bake(project, 'service', 'api', '--force'),
  });
  const measure = 'bake service api on the emulator, more than packer build';
  return { measure, result: medianDifference(seconds.bake, seconds.packer), limit: 0.6, unit: 's' };
}
