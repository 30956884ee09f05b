import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { GuardedChange, ImageChange, ImageDiff, PackageChange, Why } from '../../src/model/comparison.ts';
import type { ChannelMove } from '../../src/model/promotion.ts';
import type { KeptVersion, PrunePlan } from '../../src/model/prune.ts';
import type { Leftover, SweepPlan } from '../../src/model/sweep.ts';
import type { Drift, SiteDrift } from '../../src/run/promote/verify.ts';

/** As records, so that a new field is a compile error here until the page has it. */
const DRIFT: Record<keyof Drift, true> = { ok: true, sites: true, leftovers: true, pointers: true };
const SITE: Record<Exclude<keyof SiteDrift, 'error'>, true> = {
  id: true,
  site: true,
  node: true,
  imageId: true,
  steps: true,
  differences: true,
  further: true,
};
const PLAN: Record<keyof SweepPlan, true> = {
  version: true,
  project: true,
  olderThan: true,
  sites: true,
  leftovers: true,
  spared: true,
};
const LEFTOVER: Record<keyof Leftover, true> = {
  site: true,
  kind: true,
  id: true,
  name: true,
  why: true,
  run: true,
  image: true,
  createdAt: true,
  of: true,
};
const MOVE: Record<Exclude<keyof ChannelMove, 'before'>, true> = {
  imageVersion: true,
  action: true,
  amis: true,
  at: true,
  by: true,
  approvedBy: true,
  run: true,
  finished: true,
};
const WHY: Record<keyof Why, true> = { id: true, verdict: true, chain: true };
const CHANGE: Record<keyof ImageChange, true> = {
  id: true,
  from: true,
  to: true,
  detail: true,
  changes: true,
  unknown: true,
  forced: true,
};
const DIFF: Record<keyof ImageDiff, true> = {
  id: true,
  chain: true,
  packages: true,
  guarded: true,
  withoutRecord: true,
};
const PACKAGE: Record<keyof PackageChange, true> = { name: true, change: true, from: true, to: true };
const GUARDED: Record<Exclude<keyof GuardedChange, 'from'>, true> = {
  change: true,
  row: true,
  layer: true,
  paths: true,
  to: true,
};

const PRUNE: Record<keyof PrunePlan, true> = { version: true, project: true, decisions: true, saves: true };
const KEPT: Record<Exclude<keyof KeptVersion, 'retiredAt'>, true> = {
  id: true,
  image: true,
  version: true,
  architecture: true,
  createdAt: true,
  images: true,
  bytes: true,
  usdPerMonth: true,
  action: true,
  because: true,
};

/** The example below a heading of docs/json.md that begins so. */
async function example(heading: string) {
  const page = await readFile(new URL('../../docs/json.md', import.meta.url), 'utf8');
  const section = page.split('\n## ').find((text) => text.startsWith(heading)) ?? '';
  return JSON.parse(/```json\n([\s\S]*?)```/.exec(section)?.[1] ?? 'null');
}

const keys = (value: object): readonly string[] => Object.keys(value).toSorted();

test('docs/json.md has every field of bake verify', async () => {
  const { version, project, channel, image, imageVersion, ...drift } = await example('`bake verify');
  expect({ version, project, channel, image, imageVersion }).not.toContain(undefined);
  expect(keys(drift)).toEqual(keys(DRIFT));
  expect(keys(drift.sites[0])).toEqual(keys(SITE));
  expect(keys(drift.pointers[0])).toEqual(['moves', 'target']);
});

test('and of bake history', async () => {
  const { channels, ...named } = await example('`bake history');
  expect(keys(named)).toEqual(['image', 'project', 'version']);
  expect(keys(channels[0].moves[0])).toEqual(keys(MOVE));
});

test('and of bake why and bake diff', async () => {
  const [why] = (await example('`bake why')).images;
  expect(keys(why)).toEqual(keys(WHY));
  expect(keys(why.chain[0])).toEqual(keys(CHANGE));
  const [diff] = (await example('`bake diff')).images;
  expect(keys(diff)).toEqual(keys(DIFF));
  expect(keys(diff.packages[0])).toEqual(keys(PACKAGE));
  expect(keys(diff.guarded[0])).toEqual(keys(GUARDED));
});

test('and of bake sweep', async () => {
  const plan = await example('`bake sweep');
  expect(keys(plan)).toEqual(keys(PLAN));
  expect(keys(plan.leftovers[0])).toEqual(keys(LEFTOVER));
  expect(keys(plan.spared[0])).toEqual(keys({ ...LEFTOVER, because: true }).filter((key) => key !== 'of'));
});

test('and of bake prune', async () => {
  const { decisions, ...rest } = await example('`bake prune');
  expect(keys({ decisions, ...rest })).toEqual(keys(PRUNE));
  expect(keys(decisions[0])).toEqual(keys(KEPT));
});
