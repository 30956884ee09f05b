import { expect, test } from 'vitest';
import { targetId } from '../../../src/model/channel.ts';
import { BakeError } from '../../../src/model/errors.ts';
import type { BakeEvent } from '../../../src/model/events.ts';
import type { ChannelName } from '../../../src/model/ids.ts';
import type { Thing } from '../../../src/model/sweep.ts';
import { lookForLeftovers } from '../../../src/run/sweep/look.ts';
import { removeAll } from '../../../src/run/sweep/remove.ts';
import type { IsLeased, SweepSite } from '../../../src/run/sweep-effects.ts';
import { NOW, PROJECT } from '../../helpers/builders.ts';
import { at } from '../../helpers/sites.ts';
import {
  aCopy,
  aGroup,
  aKeyPair,
  anImage,
  anInstance,
  aSnapshot,
  aVolume,
  FINISHED,
} from '../../helpers/sweep-things.ts';

const ALL = [aKeyPair(), aGroup(), aVolume(), aSnapshot(), anImage(), anInstance()];
const refused = new BakeError({ code: 'aws-call-failed', message: 'refused', blame: 'cloud' });

/** A site where removals of `stuck` fail; `now`: what images are like when they are looked at again. */
function fakeSite(
  region: string,
  things: readonly Thing[],
  { stuck = [] as string[], now = {} as Partial<Thing> } = {},
) {
  const calls: string[] = [];
  const call = async (id: string) => {
    calls.push(id);
    if (stuck.includes(id)) throw refused;
  };
  const site: SweepSite = {
    site: at(region),
    look: async () => things,
    endInstance: call,
    removeImage: async (id, isStillLeft) => {
      const image = things.find((thing) => thing.id === id);
      if (image?.kind !== 'image') return { status: 'gone', snapshots: [] };
      if (!isStillLeft({ ...image, ...now } as typeof image)) return { status: 'changed', snapshots: [] };
      await call(id);
      return { status: 'removed', snapshots: image.snapshots };
    },
    remove: async (_, id) => {
      await call(id);
      return true;
    },
  };
  return { site, calls };
}

async function sweep(
  sites: readonly SweepSite[],
  { signal = new AbortController().signal, isLeased = (async () => false) as IsLeased } = {},
) {
  const request = { project: PROJECT, channels: ['prod' as ChannelName], olderThan: 1, now: NOW, isGone: () => false };
  const plan = await lookForLeftovers(sites, isLeased, request);
  const events: BakeEvent[] = [];
  const outcomes = await removeAll(plan, sites, { emit: (event) => events.push(event), signal });
  const told = events.flatMap((event) => (event.type === 'leftover-removed' ? [event.leftover.id] : []));
  return { plan, told, outcomes: [...outcomes.values()] };
}

test('everything goes, in order, and is told; a snapshot goes with its AMI', async () => {
  const { site, calls } = fakeSite('eu-west-1', ALL);
  const { told, outcomes } = await sweep([site]);
  expect(calls).toEqual(['i-1', 'ami-1', 'vol-1', 'sg-1', 'bake/acme/api/1-x86_64']);
  expect(told).toEqual(['i-1', 'ami-1', 'snap-1', 'vol-1', 'sg-1', 'bake/acme/api/1-x86_64']);
  expect(outcomes).toEqual([{ status: 'swept', removed: 6 }]);
});

test('what cannot be removed keeps its reservation and nothing else', async () => {
  const { site, calls } = fakeSite('eu-west-1', ALL, { stuck: ['ami-1'] });
  const { outcomes } = await sweep([site]);
  expect(calls).toEqual(['i-1', 'ami-1', 'vol-1', 'sg-1']);
  expect(outcomes).toMatchObject([
    {
      status: 'failed',
      error: {
        code: 'sweep-incomplete',
        details: ['image ami-1: refused', expect.stringMatching(/^key pair bake\/acme\/api\/1-x86_64 stays until/)],
      },
    },
  ]);
});

test('an AMI that was finished meanwhile stays, with its snapshots and its reservation', async () => {
  const { site, calls } = fakeSite('eu-west-1', [aKeyPair(), anImage(), aSnapshot()], { now: { tags: FINISHED } });
  const { outcomes } = await sweep([site]);
  expect(calls).toEqual([]);
  expect(outcomes).toMatchObject([
    { error: { details: ['image ami-1: it was finished meanwhile', expect.any(String)] } },
  ]);
});

test('a site that cannot be read keeps all it has, and the others do not', async () => {
  const broken = fakeSite('eu-west-1', ALL);
  const well = fakeSite('us-east-1', [anInstance()]);
  const { plan, outcomes } = await sweep([{ ...broken.site, look: () => Promise.reject(refused) }, well.site]);
  expect(plan.sites).toEqual([
    { id: targetId(broken.site.site), error: expect.objectContaining({ message: 'refused' }) },
    { id: targetId(well.site.site) },
  ]);
  expect([broken.calls, well.calls]).toEqual([[], ['i-1']]);
  expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'swept']);
});

test('an interrupt starts nothing more', async () => {
  const { site, calls } = fakeSite('eu-west-1', ALL);
  const { outcomes } = await sweep([site], { signal: AbortSignal.abort(refused) });
  expect(calls).toEqual([]);
  expect(outcomes).toEqual([{ status: 'cancelled', because: 'refused' }]);
});

test('leases are asked for images whose copies failed, and for no other', async () => {
  const { site } = fakeSite('eu-west-1', [aCopy({ state: 'failed' }), anInstance()]);
  const asked: string[] = [];
  const isLeased = async (channel: string, image: string) => asked.push(`${channel} ${image}`) === 2;
  const channels = ['staging', 'prod'] as ChannelName[];
  const request = { project: PROJECT, channels, olderThan: 1, now: NOW, isGone: () => false };
  const { leftovers, spared } = await lookForLeftovers([site], isLeased, request);
  expect(asked).toEqual(['staging api', 'prod api']);
  expect([leftovers.map(({ id }) => id), spared.map(({ id }) => id)]).toEqual([['i-1'], ['ami-1']]);
});

test('a lease that cannot be read keeps failed copies, and is a failure of their site alone', async () => {
  const there = fakeSite('eu-west-1', [aCopy({ state: 'failed' }), anInstance()]);
  const elsewhere = fakeSite('us-east-1', [anInstance()]);
  const isLeased = () => Promise.reject(refused);
  const { outcomes } = await sweep([there.site, elsewhere.site], { isLeased });
  expect([there.calls, elsewhere.calls]).toEqual([['i-1'], ['i-1']]);
  expect(outcomes).toMatchObject([
    { status: 'failed', error: { details: ['image ami-1: refused'] } },
    { status: 'swept', removed: 1 },
  ]);
});
