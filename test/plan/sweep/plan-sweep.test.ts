import { describe, expect, test } from 'vitest';
import type { AccountId, Region } from '../../../src/model/ids.ts';
import { ownerText, type RunOwner } from '../../../src/model/run-owner.ts';
import type { Thing } from '../../../src/model/sweep.ts';
import { TAG } from '../../../src/model/tags.ts';
import { belongings } from '../../../src/plan/sweep/ours.ts';
import { planSweep, type Sweeping } from '../../../src/plan/sweep/plan-sweep.ts';
import { sweptSites } from '../../../src/plan/sweep/sites.ts';
import { imageName, NOW, PROJECT, REGION, RUN } from '../../helpers/builders.ts';
import {
  aCopy,
  aGroup,
  aKeyPair,
  anImage,
  anInstance,
  aSnapshot,
  aVolume,
  LONG_AGO,
  OF_RUN,
  SITE,
} from '../../helpers/sweep-things.ts';

const HOUR = 3600;
const JUST_NOW = '2026-11-20T11:59:00.000Z';

function plan(things: readonly Thing[], other: Partial<Sweeping> = {}) {
  const all = belongings(PROJECT, SITE, things);
  const { leftovers, spared } = planSweep(all, {
    olderThan: 6 * HOUR,
    now: NOW,
    isGone: () => false,
    leased: new Map(),
    ...other,
  });
  return { goes: leftovers.map(({ kind }) => kind), spared: spared.map(({ because }) => because) };
}

const alive = (until: string) => aKeyPair({ tags: { ...OF_RUN, [TAG.alive]: until } });

test('what dead runs left goes in the order in which it can: reservations last', () => {
  const things = [aKeyPair(), aGroup(), aVolume(), aSnapshot(), anImage(), anInstance()];
  const goes = ['instance', 'image', 'snapshot', 'volume', 'security-group', 'key-pair'];
  expect(plan(things)).toEqual({ goes, spared: [] });
});

describe('a run that may live keeps all it has', () => {
  test('while its reservation says that it is alive, however old it is', () => {
    const because = { why: 'alive', until: '2026-11-20T12:00:30.000Z' };
    const things = [alive(because.until), anInstance(), anImage(), aSnapshot({ tags: {} })];
    expect(plan(things, { olderThan: 1 })).toEqual({ goes: [], spared: things.map(() => because) });
  });

  test('with some time for a clock that is behind', () => {
    expect(plan([alive('2026-11-20T11:59:30.000Z')]).goes).toEqual([]);
    expect(plan([alive('2026-11-20T11:58:30.000Z')]).goes).toEqual(['key-pair']);
  });

  test('unless its process is known to be no more, by the reservation of that very run', () => {
    const owner = { run: RUN, host: 'ci-1', user: 'ann', pid: 7, processes: 'boot' };
    const until = '2026-11-20T12:00:30.000Z';
    const killed = aKeyPair({ tags: { ...OF_RUN, [TAG.alive]: until, [TAG.owner]: ownerText(owner) } });
    const isGone = ({ pid }: RunOwner) => pid === 7;
    expect(plan([killed, anInstance()], { isGone }).goes).toEqual(['instance', 'key-pair']);
    expect(plan([killed, alive(until)], { isGone }).goes).toEqual([]);
    expect(plan([killed, aVolume({ createdAt: JUST_NOW })], { isGone }).goes).toEqual([]);
  });

  test('where that is said in words that are not understood', () => {
    expect(plan([alive('yes')]).spared).toEqual([{ why: 'alive', until: null }]);
  });

  test('when anything of it is young', () => {
    const things = [anInstance(), aVolume({ createdAt: JUST_NOW }), aKeyPair()];
    expect(plan(things)).toEqual({ goes: [], spared: things.map(() => ({ why: 'young', since: JUST_NOW })) });
    expect(plan(things, { olderThan: 30 }).goes).toHaveLength(3);
  });

  test('when it has nothing but a group, and its id is young', () => {
    const tags = { ...OF_RUN, [TAG.run]: RUN };
    expect(plan([aGroup({ tags })]).spared).toEqual([{ why: 'young', since: NOW.toISOString() }]);
    expect(plan([aGroup()]).goes).toEqual(['security-group']);
  });

  test('and another run does not', () => {
    const other = { ...OF_RUN, [TAG.run]: RUN };
    const { goes, spared } = plan([anInstance(), anInstance({ id: 'i-2', tags: other, createdAt: JUST_NOW })]);
    expect([goes, spared.length]).toEqual([['instance'], 1]);
  });
});

test('an AMI without a run is as old as it is itself', () => {
  expect(plan([anImage({ createdAt: JUST_NOW })]).goes).toEqual([]);
  expect(plan([(({ createdAt: _, ...image }) => image)(anImage())]).spared).toEqual([{ why: 'young', since: null }]);
});

test('the failed copy of an image stays while it is being promoted', () => {
  const copy = aCopy({ state: 'failed' });
  expect(plan([copy], { leased: new Map([[imageName('api'), {}]]) })).toEqual({
    goes: [],
    spared: [{ why: 'leased' }],
  });
  expect(plan([copy], { leased: new Map([[imageName('worker'), {}]]) }).goes).toEqual(['image']);
  expect(plan([aCopy({ state: 'failed', createdAt: LONG_AGO })], { olderThan: 48 * HOUR }).goes).toEqual([]);
});

test('every region of the configuration is looked at, in each account that can be reached', () => {
  const [own, other, third] = ['111122223333', '222233334444', '333344445555'] as AccountId[] as [
    AccountId,
    AccountId,
    AccountId,
  ];
  const region = (name: string) => name as Region;
  const targets = [
    { region: region('eu-west-1'), mode: 'copy' },
    { region: region('eu-west-1'), mode: 'copy', account: other, role: 'arn:aws:iam::222233334444:role/bake' },
    { region: region('us-west-2'), mode: 'share', account: third },
    { region: REGION, mode: 'copy', account: own },
  ] as const;
  const channels = new Map([['prod', { name: 'prod', targets }]]) as unknown as Parameters<
    typeof sweptSites
  >[0]['channels'];
  expect(sweptSites({ region: REGION, channels }, own, [region('ap-south-1')])).toEqual([
    { account: own, region: REGION },
    { account: own, region: 'ap-south-1' },
    { account: own, region: 'eu-west-1' },
    { account: own, region: 'us-west-2' },
    { account: other, region: 'eu-west-1' },
  ]);
});
