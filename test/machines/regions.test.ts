import { cp, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrialReport } from '../../src/model/trial.ts';
import { eventsOf, resultOf } from '../helpers/cli.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { Project } from '../helpers/project.ts';

// One image of this repository's own api, tried in the two regions that its region config is published in.
const repository = resolve(import.meta.dirname, '../..');
const REGIONS = ['us-east-1', 'eu-west-1'];
const ACCOUNT = '123456789012';
const bucketOf = (region: string) => `acme-config-${ACCOUNT}-${region}`;

let sandbox: CliSandbox;
let project: Project;

beforeAll(async () => {
  sandbox = await CliSandbox.up();
  project = await sandbox.project({ images: {} });
  project.patience = 3_600_000;
  await rm(join(project.dir, 'bake.config.json'));
  for (const part of ['layers', 'region-config', 'bake.config.ts']) {
    await cp(join(repository, part), join(project.dir, part), { recursive: true });
  }
  await done(['base']);
  await done(['service', 'api']);
}, 3_600_000);
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await sandbox?.down();
});

async function done(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.bake([...args, '--sandbox', '--json']);
  if (code !== 0) throw new Error(`bake ${args.join(' ')}: ${code} ${stderr} ${stdout.slice(-3000)}`);
  return stdout;
}

/** What the layers' tests of a trial there have printed, and the machine that they ran on. */
async function tried(region: string) {
  const stdout = await done(['try', 'api', '--region', region]);
  const finished = eventsOf(stdout).find(({ type }) => type === 'trial-finished');
  const { clones } = (finished as unknown as { readonly report: TrialReport }).report;
  const output = clones.flatMap(({ tests }) => tests.flatMap((test) => test.output));
  return { instanceId: clones[0]?.instanceId ?? '', output };
}

it('launches nothing where instances would find no configuration', async () => {
  const { code, stdout } = await project.bake(['try', 'api', '--region', 'ap-south-1', '--sandbox', '--json']);
  expect({ code, error: resultOf(stdout).error }).toMatchObject({
    code: 1,
    error: { code: 'region-config-unpublished', hint: expect.stringContaining('bake region-config push api') },
  });
  expect(await sandbox.leftovers()).toEqual([]);
});

describe('published', () => {
  beforeAll(async () => {
    await done(['region-config', 'push', 'api', '--create-buckets', '--yes']);
  });

  it.each(REGIONS)('serves in %s what that region’s bucket holds, and asks no other', async (region) => {
    const { instanceId, output } = await tried(region);
    expect(output.join('\n')).toContain(`database flags-db.${region}.acme.example`);
    const log = await readFile(join(sandbox.status.stateDir, 'server.log'), 'utf8');
    const asked = log.split('\n').filter((line) => line.includes(' s3 ') && line.endsWith(` ${instanceId}`));
    expect(asked.length).toBeGreaterThan(0);
    for (const line of asked) expect(line).toContain(` s3 ${region} GET /${bucketOf(region)}/`);
    expect(await sandbox.leftovers()).toEqual([]);
  });
});
