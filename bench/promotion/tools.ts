import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from '../../src/model/image.ts';
import { packerEnvironment } from '../../src/packer/environment.ts';
import { hclValue } from '../../src/render/hcl.ts';
import { amiName, HOME, PARTNER, REGIONS, tagsOf } from './cloud.ts';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly output: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface Work {
  readonly endpoint: string;
  /** A folder of its own. */
  readonly folder: string;
  readonly images: readonly string[];
  /** ARNs by region; absent: not encrypted. */
  readonly keys?: Readonly<Record<string, string>>;
}

function run(program: string, args: readonly string[], folder: string, env: Readonly<Record<string, string>>) {
  const startedAt = Date.now() / 1000;
  return new Promise<Ran>((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output, startedAt, endedAt: Date.now() / 1000 }));
  });
}

const environment = ({ endpoint, folder }: Work): Record<string, string> =>
  packerEnvironment(
    { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: join(folder, 'data') },
    {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL: endpoint,
      // As often as bake looks at an emulator.
      AWS_POLL_DELAY_SECONDS: '1',
      AWS_MAX_ATTEMPTS: '600',
    },
  );

/** A project with a channel of all regions, and a state bucket for its lease. */
export async function prepareBake(work: Work): Promise<void> {
  const { folder, images, keys } = work;
  const targets = [{ regions: REGIONS, ...(keys === undefined ? {} : { kmsKeys: keysOf(keys) }) }];
  const config = {
    project: 'acme',
    region: HOME,
    state: { bucket: 'acme-bake-state-{account}' },
    images: Object.fromEntries(images.map((image) => [image, { source: 'debian:12' }])),
    channels: {
      prod: {
        targets,
        share: { accounts: [PARTNER] },
        deprecateAfter: '90d',
        pointers: { parameter: '/acme/{channel}/{image}' },
      },
    },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'bake.config.json'), JSON.stringify(config, null, 2));
  const { code, output } = await bake(work, ['state', 'init', '--yes']);
  if (code !== 0) throw new Error(`bake state init: ${output}`);
}

export const bake = (work: Work, args: readonly string[]): Promise<Ran> =>
  run(process.execPath, [cli, ...args], work.folder, environment(work));

export const promote = (work: Work): Promise<Ran> => bake(work, ['promote', ...work.images, '--to', 'prod', '--yes']);

/** The same with Packer's own means, of a version that has them: its copies are part of a bake. */
export async function packer(work: Work, sourceAmi: string): Promise<Ran> {
  const { folder, images } = work;
  await mkdir(folder, { recursive: true });
  const sources = images.map((image) => source(work, image, sourceAmi));
  const names = images.map((image) => `source.amazon-ebs.${image}`);
  const build = `build {\n  sources = ${hclValue(names)}\n}\n`;
  await writeFile(join(folder, 'bench.pkr.hcl'), [...sources, build].join('\n'));
  return run('packer', ['build', '.'], folder, environment(work));
}

function source({ endpoint, keys }: Work, image: string, sourceAmi: string): string {
  const attributes: Readonly<Record<string, Json>> = {
    ami_name: amiName(image),
    region: HOME,
    ami_regions: REGIONS,
    source_ami: sourceAmi,
    instance_type: 't3.small',
    communicator: 'none',
    tags: tagsOf(image),
    snapshot_tags: tagsOf(image),
    ami_users: [PARTNER],
    snapshot_users: [PARTNER],
    skip_region_validation: true,
    skip_metadata_api_check: true,
    custom_endpoint_ec2: endpoint,
    ...(keys === undefined
      ? {}
      : { encrypt_boot: true, kms_key_id: keys[HOME] ?? '', region_kms_key_ids: keysOf(keys) }),
  };
  const lines = Object.entries(attributes).map(([name, value]) => `  ${name} = ${hclValue(value)}`);
  return `source "amazon-ebs" "${image}" {\n${lines.join('\n')}\n}\n`;
}

const keysOf = (keys: Readonly<Record<string, string>>) =>
  Object.fromEntries(REGIONS.map((region) => [region, keys[region] ?? '']));
