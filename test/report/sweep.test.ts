import { expect, test } from 'vitest';
import type { TargetId } from '../../src/model/channel.ts';
import type { BakeEvent } from '../../src/model/events.ts';
import type { Leftover, Spared, SweepPlan } from '../../src/model/sweep.ts';
import { applyEvent, type Rows } from '../../src/report/live-rows.ts';
import { sweepSummary, sweepText } from '../../src/report/sweep.ts';
import { imageName, NOW, PROJECT } from '../helpers/builders.ts';
import { KEY_NAME, LONG_AGO, OLD_RUN, SITE } from '../helpers/sweep-things.ts';

const THERE = '123456789012/eu-west-1' as TargetId;
const AMI: Leftover = {
  site: SITE,
  kind: 'image',
  id: 'ami-1',
  name: 'acme/api/1-x86_64',
  why: 'unfinished',
  createdAt: LONG_AGO,
};
const GROUP: Leftover = {
  site: SITE,
  kind: 'security-group',
  id: 'sg-1',
  name: 'bake/acme/api',
  why: 'run',
  run: OLD_RUN,
};
const KEY: Leftover = { site: SITE, kind: 'key-pair', id: KEY_NAME, name: KEY_NAME, why: 'run', run: OLD_RUN };
const COPY: Leftover = { ...AMI, id: 'ami-2', why: 'failed-copy', image: imageName('api') };
const REFUSED = { code: 'access-denied', message: 'no list', hint: 'Add it.', blame: 'user' } as const;

const plan = (other: Partial<SweepPlan> = {}): SweepPlan => ({
  version: 1,
  project: PROJECT,
  olderThan: 6 * 3600,
  sites: [{ id: SITE }, { id: THERE }],
  leftovers: [],
  spared: [],
  ...other,
});
const text = (other: Partial<SweepPlan>) => sweepText(plan(other), { now: NOW, columns: undefined, color: false });
const spared = (leftover: Leftover, because: Spared['because']): Spared => ({ ...leftover, because });

test('what goes is a table, and says what it was where no run does', () => {
  expect(text({ leftovers: [AMI, GROUP, KEY] }).split('\n')).toEqual([
    'SITE                       KIND            ID                      NAME               RUN                     AGE',
    `${SITE}  image           ami-1                   acme/api/1-x86_64  unfinished bake         1 day ago`,
    `${SITE}  security group  sg-1                    bake/acme/api      ${OLD_RUN}  -`,
    `${SITE}  key pair        ${KEY_NAME}  -                  ${OLD_RUN}  -`,
  ]);
});

test('what is left alone is said once for each run, with the reason', () => {
  const young = { why: 'young', since: null } as const;
  expect(
    text({
      spared: [
        spared(GROUP, { why: 'alive', until: LONG_AGO }),
        spared(KEY, { why: 'alive', until: LONG_AGO }),
        spared(AMI, young),
        spared(COPY, { why: 'leased' }),
        spared({ ...COPY, id: 'ami-3' }, { why: 'leased', error: REFUSED }),
      ],
    }).split('\n'),
  ).toEqual([
    'Nothing is left of dead runs of acme at 2 sites.',
    `left alone: security group sg-1, key pair ${KEY_NAME}: run ${OLD_RUN} is alive`,
    'left alone: image ami-1: its bake has made something in the last 6h 0m',
    'left alone: image ami-2: api is being promoted',
    'left alone: image ami-3: whether api is being promoted could not be found out: no list',
  ]);
});

test('a site that could not be read is named, with what to do', () => {
  expect(text({ sites: [{ id: SITE }, { id: THERE, error: REFUSED }] }).split('\n')).toEqual([
    'Nothing is left of dead runs of acme at 1 site.',
    '! no list',
    '  → Add it.',
  ]);
});

test.each<[Partial<SweepPlan>, string]>([
  [{}, 'nothing left over'],
  [{ leftovers: [AMI], spared: [spared(KEY, { why: 'leased' })] }, '1 left over, 1 spared'],
  [{ sites: [{ id: SITE, error: REFUSED }, { id: THERE }] }, 'nothing left over; 1 of 2 sites could not be read'],
])('one line says all', (other, line) => {
  expect(sweepSummary(plan(other))).toBe(line);
});

test('each site is a row while it is swept', () => {
  const rows: Rows = new Map();
  const events: readonly BakeEvent[] = [
    { type: 'sweep-planned', plan: plan({ leftovers: [KEY] }) },
    { type: 'leftover-removed', id: SITE, leftover: KEY },
    { type: 'sweep-finished', id: THERE, outcome: { status: 'failed', error: REFUSED }, seconds: 2 },
  ];
  for (const event of events) applyEvent(rows, event, 0);
  expect(rows.get(SITE)).toMatchObject({ state: 'running', lastLine: `removed key pair ${KEY_NAME}` });
  expect(rows.get(THERE)).toMatchObject({ state: 'failed', text: 'failed after 2s: no list' });
  applyEvent(rows, { type: 'sweep-finished', id: SITE, outcome: { status: 'swept', removed: 1 }, seconds: 3 }, 0);
  expect(rows.get(SITE)).toMatchObject({ state: 'done', text: 'removed 1 in 3s' });
});
