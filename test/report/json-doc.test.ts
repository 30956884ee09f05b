import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { ChannelMove } from '../../src/model/promotion.ts';
import type { KeptVersion, PrunePlan } from '../../src/model/prune.ts';
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

test('and of bake prune', async () => {
  const { decisions, ...rest } = await example('`bake prune');
  expect(keys({ decisions, ...rest })).toEqual(keys(PRUNE));
  expect(keys(decisions[0])).toEqual(keys(KEPT));
});
