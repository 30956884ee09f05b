// One version to ten regions, by bake and by Packer's own `ami_regions`, on the same emulator: how long, how many calls,
// and what is right afterwards. `npm run bench:promote -- --out docs/promotion-bench.md` also writes it down.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { Cloud, HOME, REGIONS } from './promotion/cloud.ts';
import { cpuOf, cpuOfChildren } from './promotion/cpu.ts';
import { costOf, judge } from './promotion/judge.ts';
import { headText, type Measured, sectionText } from './promotion/report.ts';
import { packer, prepareBake, promote, type Ran, type Work } from './promotion/tools.ts';

interface Scenario {
  readonly images: readonly string[];
  readonly copySeconds: number;
  readonly encrypted?: boolean;
  /** A region whose copies fail. */
  readonly failing?: string;
}

const FAILING = 'eu-west-1';
const ONE: Scenario = { images: ['api'], copySeconds: 20 };
const TWENTY: Scenario = { ...ONE, images: Array.from({ length: 20 }, (_, number) => `image-${number + 1}`) };
const KEYS: Scenario = { images: ['api'], copySeconds: 5, encrypted: true };
const BROKEN: Scenario = { images: ['api'], copySeconds: 5, failing: FAILING };

const scratch = await mkdtemp(join(tmpdir(), 'bake-bench-'));
const cloud = await Cloud.start();
let folders = 0;

async function prepare({ images, copySeconds, encrypted, failing }: Scenario): Promise<Work> {
  await cloud.reset(copySeconds);
  const keys = encrypted === true ? await cloud.keys([HOME, ...REGIONS]) : undefined;
  if (failing !== undefined) await cloud.behave({ failCopies: { [failing]: 'the disk is full' } });
  const folder = join(scratch, `${folders++}`);
  return { endpoint: cloud.server.endpoint, folder, images, ...(keys === undefined ? {} : { keys }) };
}

async function measure(work: Work, { copySeconds }: Scenario, act: () => Promise<Ran>): Promise<Measured> {
  const calls = await cloud.recording();
  const before = { tool: cpuOfChildren(), emulator: cpuOf(cloud.server.file.pid) };
  const ran = await act();
  const tool = cpuOfChildren() - before.tool;
  const emulator = cpuOf(cloud.server.file.pid) - before.emulator;
  const made = await calls();
  // Packer bakes what it copies: that is not counted.
  const firstCopy = made.find(({ action }) => action === 'CopyImage')?.at ?? ran.startedAt;
  const baked = made.some(({ action, at }) => action === 'RunInstances' && at < firstCopy);
  const cost = costOf(made, { startedAt: baked ? firstCopy : ran.startedAt, endedAt: ran.endedAt, copySeconds });
  return {
    code: ran.code,
    output: ran.output,
    ...cost,
    cpu: { tool, emulator },
    load: loadavg()[0] ?? 0,
    verdict: await judge(cloud, work.images, work.keys),
  };
}

interface Tried {
  readonly first: Measured;
  /** The same command once more, when nothing fails any longer. */
  readonly again?: Measured;
}

async function attempt(work: Work, scenario: Scenario, act: () => Promise<Ran>): Promise<Tried> {
  const first = await measure(work, scenario, act);
  process.stderr.write(`${work.images.length} images: exit code ${first.code}, ${first.seconds.toFixed(1)} s\n`);
  if (scenario.failing === undefined) {
    if (first.code !== 0) throw new Error(first.output);
    return { first };
  }
  await cloud.behave({ failCopies: {} });
  return { first, again: await measure(work, scenario, act) };
}

async function byBake(scenario: Scenario): Promise<Tried> {
  const work = await prepare(scenario);
  await prepareBake(work);
  for (const image of work.images) await cloud.bake(image);
  return attempt(work, scenario, () => promote(work));
}

async function byPacker(scenario: Scenario): Promise<Tried> {
  const work = await prepare(scenario);
  const Filters = [{ Name: 'architecture', Values: ['x86_64'] }];
  const { Images = [] } = await cloud.server.ec2(HOME).send(new DescribeImagesCommand({ Filters }));
  return attempt(work, scenario, () => packer(work, Images[0]?.ImageId ?? ''));
}

const SCENARIOS = { one: ONE, twenty: TWENTY, keys: KEYS, failed: BROKEN } as const;
const only = argument('--only')?.split(',');
const out = argument('--out');

function argument(name: string): string | undefined {
  const position = process.argv.indexOf(name);
  return position < 0 ? undefined : process.argv[position + 1];
}

try {
  const sections: string[] = [headText()];
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    if (only !== undefined && !only.includes(name)) continue;
    const compared = { bake: await byBake(scenario), packer: await byPacker(scenario) };
    sections.push(sectionText[name as keyof typeof SCENARIOS](compared));
    process.stdout.write(`${sections.at(-1)}\n`);
  }
  if (out !== undefined) await writeFile(out, sections.join('\n'));
} finally {
  await cloud.server[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true, force: true });
}
