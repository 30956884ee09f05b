import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { PruneDecision, PrunePlan } from '../../../src/model/prune.ts';
import { resultOf } from '../../helpers/cli.ts';
import { ask, callsAfter, type RecordedCall, setFaults } from '../../helpers/interference.ts';
import { CASES, FRIENDS, pruneFixture } from '../../helpers/prune-fixture.ts';
import { type Found, NEAR, type PruneShop, SOURCE, type Where } from '../../helpers/prune-shop.ts';
import { formatRetiredAt } from '../../helpers/retired.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { ACCOUNT } from '../../helpers/sites.ts';

/** Many commands one after the other. */
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

let server: SandboxServer;
let shop: PruneShop;
beforeAll(async () => {
  server = await SandboxServer.start();
  await server.set('behaviour', { pageSize: 3 });
  shop = await pruneFixture(server);
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const nameOf = ({ image, version }: PruneDecision): string => `${image}/${version}`;

/** `keep reference instance`, as the fixture says it. */
function said(decision: PruneDecision): string {
  if (decision.action !== 'keep') return decision.action;
  const [first] = decision.because;
  const more = first?.why === 'reference' ? ` ${first.kind}` : first?.why === 'channel' ? ` ${first.holds}` : '';
  return `keep ${first?.why}${more}`;
}

const planned = (plan: PrunePlan) =>
  Object.fromEntries(plan.decisions.map((one) => [nameOf(one), said(one)]).toSorted());

const expected = Object.fromEntries(CASES.map(({ name, expect: what }) => [name, what]).toSorted());
const whereOf = (name: string): readonly string[] => {
  const found = CASES.find((one) => one.name === name);
  return [...(found?.copies ?? []), ...(found?.source === false ? [] : [SOURCE])].map((where) => `${name} ${where}`);
};
const amisOf = (action: string): readonly string[] =>
  CASES.filter((one) => one.expect === action).flatMap(({ name }) => whereOf(name));

const list = async (): Promise<PrunePlan> => {
  const { code, stdout, stderr } = await shop.run(['prune', '--json']);
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
  return JSON.parse(stdout) as PrunePlan;
};

async function changesOf<T>(work: () => Promise<T>) {
  const { last } = await ask<{ readonly last: number }>(server, 'calls?after=0');
  const answer = await work();
  const calls = await callsAfter(server, last);
  return { answer, changes: calls.filter(({ mutating, service }: RecordedCall) => mutating && service === 'ec2') };
}

const amiOf = ({ parameters }: RecordedCall): string => parameters.ImageId ?? parameters['ResourceId.1'] ?? '';

type World = ReadonlyMap<string, Found>;

it('retires exactly what nothing needs, in three regions of two accounts, and brings it back', async () => {
  const before = await shop.world();
  await plans(before);
  await plansWithoutReferences();
  await retires(before);
  await waits();
  await undoes(before);
  await deregisters();
});

/** Sixty AMIs, and of each version it is known what shall become of it and why. */
async function plans(before: World): Promise<void> {
  expect(CASES.flatMap(({ name }) => whereOf(name))).toHaveLength(60);
  const plan = await list();
  expect(planned(plan)).toEqual(expected);
  expect(await shop.world()).toEqual(before);
  expect(plan.saves.bytes).toBeGreaterThan(0);
}

/** The same where EC2 has no list of references. */
async function plansWithoutReferences(): Promise<void> {
  const gone = { code: 'InvalidAction', status: 400 };
  await setFaults(server, [{ match: { action: 'DescribeImageReferences' }, do: { fail: gone } }]);
  const plan = await list();
  await setFaults(server, []);
  // Of a parameter that no channel has, nobody else tells.
  expect(planned(plan)).toEqual({ ...expected, 'api/6.0.0': 'retire' });
}

/** Those and nothing else: copies before their source, children before their parents. */
async function retires(before: World): Promise<void> {
  const { answer, changes } = await changesOf(() => shop.run(['prune', '--yes', '--json']));
  expect(answer).toMatchObject({ code: 0 });
  const outcomes = Object.entries(resultOf(answer.stdout).outcomes).map(([id, { status }]) => [id, status]);
  const all = CASES.filter((one) => ['retire', 'deregister'].includes(one.expect)).map((one) => [
    one.name.replace('/', '/x86_64@'),
    one.expect === 'retire' ? 'retired' : 'deregistered',
  ]);
  expect(outcomes.toSorted()).toEqual(all.toSorted());

  const after = await shop.world();
  const [retired, gone] = [amisOf('retire'), amisOf('deregister')];
  for (const place of retired)
    expect([place, after.get(place)?.state, after.get(place)?.deprecated]).toEqual([place, 'disabled', true]);
  for (const place of gone) expect([place, after.get(place)]).toEqual([place, undefined]);
  expect(await shop.left(gone.flatMap((place) => before.get(place)?.snapshots ?? []))).toEqual([]);
  const untouched = ([place]: readonly [string, Found]) => !retired.includes(place) && !gone.includes(place);
  expect([...after].filter(untouched)).toEqual([...before].filter(untouched));
  for (const place of retired) expect(after.get(place)?.snapshots).toEqual(before.get(place)?.snapshots);

  const at = (action: string, name: string, where: Where = SOURCE): number =>
    changes.findIndex((call) => call.action === action && amiOf(call) === shop.id(name, where));
  const copies = whereOf('api/1.0.0')
    .slice(0, -1)
    .map((place) => place.split(' ')[1] as Where);
  for (const where of copies)
    expect(at('DisableImage', 'api/1.0.0', where)).toBeLessThan(at('DisableImage', 'api/1.0.0'));
  for (const where of [...copies, SOURCE]) {
    const steps = ['CreateTags', 'EnableImageDeprecation', 'DisableImage', 'DisableImageDeregistrationProtection'];
    const places = steps.map((action) => at(action, 'api/1.0.0', where));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThanOrEqual(0);
  }
  expect(at('DisableImage', 'api/1.0.0')).toBeLessThan(at('CreateTags', 'base/3.0.0'));
  expect(at('DeregisterImage', 'api/14.0.0', `${ACCOUNT}/${NEAR}`)).toBeLessThan(at('DeregisterImage', 'api/14.0.0'));
  expect(at('DeregisterImage', 'api/14.0.0')).toBeLessThan(at('DeregisterImage', 'base/5.0.0'));
}

/** Nothing more is done while the grace lasts. */
async function waits(): Promise<void> {
  const { answer, changes } = await changesOf(() => shop.run(['prune', '--yes', '--json']));
  expect([answer.code, changes]).toEqual([0, []]);
  const { 'api/14.0.0': _, 'base/5.0.0': __, ...left } = expected;
  const waiting = Object.entries(left).map(([name, what]) => [name, what === 'retire' ? 'wait' : what]);
  expect(planned(await list())).toEqual(Object.fromEntries(waiting));
  const { stdout } = await shop.run(['plan', 'api', '--json']);
  expect(stdout).not.toContain(shop.id('api/1.0.0'));
}

/** A version comes back as it was, with what it stands on and those who may launch it. */
async function undoes(before: World): Promise<void> {
  const undone = async (name: string) => {
    const { code, stdout } = await shop.run(['prune', '--undo', name.replace('/', '@'), '--json']);
    return [code, Object.keys(resultOf(stdout).outcomes).toSorted()];
  };
  expect(await undone('api/16.0.0')).toEqual([0, ['api/x86_64@16.0.0']]);
  expect(await undone('api/1.0.0')).toEqual([0, ['api/x86_64@1.0.0', 'base/x86_64@3.0.0']]);
  const after = await shop.world();
  for (const name of ['api/1.0.0', 'api/16.0.0', 'base/3.0.0'])
    for (const place of whereOf(name)) expect([place, after.get(place)]).toEqual([place, before.get(place)]);
  expect(after.get(`api/16.0.0 ${ACCOUNT}/${NEAR}`)?.shared).toEqual(FRIENDS.toSorted());
  expect(await undone('api/16.0.0')).toEqual([2, []]);
}

/** What nobody has brought back goes once the grace is over. */
async function deregisters(): Promise<void> {
  const old = formatRetiredAt(new Date(Date.now() - 8 * 24 * 60 * 60 * 1000));
  for (const where of [SOURCE, `${ACCOUNT}/${NEAR}`] as const) {
    const id = shop.ids.get(`api/17.0.0 ${where}`);
    if (id !== undefined) await shop.tag(where, id, old);
  }
  const { answer, changes } = await changesOf(() => shop.run(['prune', 'api', '--yes', '--json']));
  expect(answer.code).toBe(0);
  const deregistered = changes.filter(({ action }) => action === 'DeregisterImage').map(amiOf);
  expect(deregistered).toEqual([shop.id('api/17.0.0')]);
}
