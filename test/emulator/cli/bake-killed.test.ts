import { once } from 'node:events';
import { DescribeImagesCommand, type Image } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventsOf, type RunningCli, resultOf } from '../../helpers/cli.ts';
import { endableBuilds } from '../../helpers/cli-packers.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { Project } from '../../helpers/project.ts';
import { isExhaustive, seed, shuffled, tell } from '../../helpers/sampled.ts';
import { twentyImages } from '../../helpers/twenty-images.ts';

const NAMES = Object.keys(twentyImages.images).sort();
const ALL = ['all', '--parallel', '4', '--sandbox', '--json'];

/** Lines that an undisturbed run says at least. */
const LINES = 1_200;
const KILLS = isExhaustive ? 20 : 4;
/** In one world: a run goes on from where the one before was killed. Alone, each is killed at one moment of a whole run. */
const KILLS_EACH = isExhaustive ? 1 : 4;

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());

const tag = ({ Tags = [] }: Image, key: string): string | undefined => Tags.find(({ Key }) => Key === key)?.Value;

/** Images that may be used, by name. */
async function finished(): Promise<ReadonlyMap<string, readonly Image[]>> {
  const { Images = [] } = await sandbox.ec2().send(new DescribeImagesCommand({ Owners: ['self'] }));
  const usable = Images.filter((image) => tag(image, 'bake:fingerprint') !== undefined);
  return new Map(NAMES.map((name) => [name, usable.filter((image) => tag(image, 'bake:image') === name)]));
}

/** Each image once, on the one that its parent became, and no version twice. */
async function expectAll(): Promise<void> {
  const images = await finished();
  expect(Object.fromEntries([...images].map(([name, made]) => [name, made.length]))).toEqual(
    Object.fromEntries(NAMES.map((name) => [name, 1])),
  );
  const idOf = (name: string) => images.get(name)?.[0]?.ImageId;
  for (const [name, { parent }] of Object.entries(twentyImages.images as Record<string, { parent?: string }>)) {
    const [image] = images.get(name) ?? [];
    if (parent !== undefined && image !== undefined) expect(tag(image, 'bake:parent-ami'), name).toBe(idOf(parent));
  }
}

const linesOf = (cli: RunningCli): number => cli.stdout.split('\n').length - 1;

/** Kills it once it has said so much; false: it had ended before. */
async function killedAt(cli: RunningCli, lines: number): Promise<boolean> {
  const { stdout } = cli.child;
  if (stdout === null) throw new Error('bake says nothing');
  while (cli.child.exitCode === null && linesOf(cli) < lines) await Promise.race([once(stdout, 'data'), cli.ended]);
  if (cli.child.exitCode !== null) return false;
  cli.signal('SIGKILL');
  await cli.ended;
  return true;
}

async function finish(project: Project): Promise<void> {
  const { code, stdout, stderr } = await project.bake(ALL);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  // Nobody waits for a run that was killed here.
  expect(eventsOf(stdout).filter(({ type }) => type === 'bake-joined')).toEqual([]);
  await expectAll();
}

/** What the killed runs left goes, and nothing else. The number of things that went. */
async function sweep(project: Project): Promise<number> {
  const left = await sandbox.leftovers();
  const before = await finished();
  const { code, stdout, stderr } = await project.bake(['sweep', '--older-than', '1s', '--yes', '--sandbox', '--json']);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  expect(resultOf(stdout).ok).toBe(true);
  expect(await sandbox.leftovers()).toEqual([]);
  expect(await finished()).toEqual(before);
  return left.length;
}

it(
  'killed at any moment and started again, it finishes what is missing, and what is left can be swept',
  async () => {
    await using project = await sandbox.project(twentyImages);
    project.patience = 900_000;
    const endBuilds = await endableBuilds(project);
    let swept = 0;
    const moments = shuffled(Array.from({ length: LINES }, (_, n) => n + 1)).slice(0, KILLS);
    tell(`${KILLS} kills at lines ${moments.join(', ')} of ${LINES}, ${KILLS_EACH} of each world (seed ${seed})`);
    for (let first = 0; first < KILLS; first += KILLS_EACH) {
      await sandbox.reset();
      const some = moments.slice(first, first + KILLS_EACH);
      // Each run has a part of the whole left, of which it does as much as the moment is of the whole.
      for (const moment of some) {
        const share = Math.ceil(moment / some.length);
        expect(await killedAt(project.start(ALL), share), `killed at line ${share}`).toBe(true);
      }
      await finish(project);
      await endBuilds();
      swept += await sweep(project);
    }
    tell(`${swept} things swept`);
    expect(swept).toBeGreaterThan(0);
  },
  isExhaustive ? 14_400_000 : 1_200_000,
);
