import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { ChannelProject, callsOf, HOME, twoAccounts } from '../../helpers/channel-project.ts';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { ask, heldCalls, setFaults } from '../../helpers/interference.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { at, OTHER } from '../../helpers/sites.ts';

/** Many commands one after the other. */
vi.setConfig({ testTimeout: 400_000 });

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => setFaults(server, []));

const FAR = 'ap-southeast-2';
const NEAR = 'eu-west-1';
const prod = { targets: twoAccounts(NEAR, FAR), pointers: { parameter: '/{project}/{channel}/{image}' } };
const SITES = [NEAR, FAR].flatMap((region) => [at(region), at(region, OTHER)]);

it('brings what it can while a region is down, moves no pointer, and finishes when the region is back', async () => {
  await using shop = await ChannelProject.create(server, 'outage', { channels: { prod }, state: true });
  const first = await shop.add(1);
  await shop.promote(1);
  const before = await shop.says(SITES);
  await shop.add(2);

  await setFaults(server, [{ match: { region: FAR }, do: { reset: true } }]);
  const args = ['promote', 'api@2.0.0', '--yes'];
  const { code, stderr } = await shop.run(args);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('2 of 4 are not ready') });
  expect(stderr).toContain('→ bake promote api@2.0.0 --to prod tries again what failed');
  expect(await shop.there(NEAR)).toHaveLength(2);
  expect(await shop.there(NEAR, OTHER)).toHaveLength(2);
  await setFaults(server, []);
  expect(await shop.says(SITES)).toEqual(before);
  expect(await shop.there(FAR)).toHaveLength(1);
  for (const image of await shop.there(HOME)) {
    if (image.imageId === first) expect(image.launchPermissions?.accounts).toEqual([]);
  }

  const { answer, changes } = await callsOf(server, () => shop.run([...args, '--json']));
  expect(resultOf(answer.stdout)).toMatchObject({ ok: true });
  expect(changes.filter((action) => action === 'CopyImage')).toHaveLength(2);
  expect(await shop.says(SITES)).not.toEqual(before);
  const again = await callsOf(server, () => shop.promote(2));
  expect(again.changes).toEqual([]);
  expect(eventsOf(answer.stdout).filter(({ type }) => type === 'pointer-moved')).toHaveLength(4);
  for (const image of await shop.there(HOME)) {
    expect(image.launchPermissions?.accounts).toEqual([]);
    expect(Object.keys(image.tags).filter((key) => key.startsWith('bake:grant'))).toEqual([]);
  }
});

it('says of a failed target in --json what is there and what is not', async () => {
  await using shop = await ChannelProject.create(server, 'partly', { channels: { prod }, state: true });
  await shop.add(1);
  await setFaults(server, [{ match: { region: FAR }, do: { reset: true } }]);
  const { outcomes, error } = await shop.result(1, 'promote', 'api', '--yes');
  expect(outcomes).toMatchObject({
    [`123456789012/${NEAR} api/x86_64`]: { status: 'ready' },
    [`${OTHER}/${NEAR} api/x86_64`]: { status: 'ready' },
    [`123456789012/${FAR} api/x86_64`]: { status: 'failed', error: { code: 'endpoint-unreachable' } },
    [`${OTHER}/${FAR} api/x86_64`]: { status: 'failed' },
  });
  expect(error).toMatchObject({
    code: 'promotion-incomplete',
    hint: expect.stringContaining('bake promote api@1.0.0 --to prod'),
  });
});

it('is one promotion when two are started together: one reports, or waits', async () => {
  await using shop = await ChannelProject.create(server, 'twice', { channels: { prod }, state: true });
  await shop.add(1);
  await setFaults(server, [{ match: { action: 'CopyImage', mutating: true }, nth: 1, times: 1, do: { hold: true } }]);
  const args = ['promote', 'api', '--yes', '--json'];
  const one = shop.start(args);
  expect(await heldCalls(server, 60)).toHaveLength(1);
  const reporting = await shop.run(args);
  expect(reporting.code).toBe(1);
  expect(resultOf(reporting.stdout).error).toMatchObject({
    code: 'lease-held',
    hint: expect.stringContaining('--wait'),
  });
  const waiting = shop.start([...args, '--wait', '5m']);
  await waiting.says('waiting for ');
  await ask(server, 'faults/release', {});
  expect((await one.ended).code).toBe(0);
  expect((await waiting.ended).code).toBe(0);
  for (const { region, account } of SITES) expect(await shop.there(region, account)).toHaveLength(1);
  const history = JSON.parse((await shop.run(['history', 'api', '--json'])).stdout);
  expect(history.channels[0].moves).toHaveLength(1);
});

it('holds the version of the later of two that meet, everywhere', async () => {
  await using shop = await ChannelProject.create(server, 'meet', { channels: { prod }, state: true });
  await shop.add(1);
  await shop.add(2);
  const both = [1, 2].map((n) => shop.start(['promote', `api@${n}.0.0`, '--yes', '--json', '--wait', '5m']));
  for (const run of both) expect((await run.ended).code).toBe(0);
  const { channels } = JSON.parse((await shop.run(['history', 'api', '--json'])).stdout);
  const [latest, earlier] = channels[0].moves;
  expect([latest.imageVersion, earlier.imageVersion].toSorted()).toEqual(['1.0.0', '2.0.0']);
  const says = Object.values(await shop.says(SITES));
  const there = await Promise.all(SITES.map(({ region, account }) => shop.there(region, account)));
  const wanted = there.map((images) => images.find(({ name }) => name.includes(latest.imageVersion))?.imageId);
  expect(says).toEqual(wanted);
});
