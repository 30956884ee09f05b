import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateTagsCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { TAG } from '../../../src/model/tags.ts';
import { ChannelProject, callsOf, HOME, twoAccounts } from '../../helpers/channel-project.ts';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { ACCOUNT, at, OTHER } from '../../helpers/sites.ts';

/** Many commands one after the other. */
vi.setConfig({ testTimeout: 400_000 });

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const AWAY = 'eu-west-1';
const SITES = [at(AWAY), at(AWAY, OTHER)];
const prod = { targets: twoAccounts(AWAY), pointers: { parameter: '/{project}/{channel}/{image}' } };

it('applies a plan as it was shown, whatever status tags say, and no other', async () => {
  await using shop = await ChannelProject.create(server, 'planned', { channels: { prod }, state: true });
  const imageId = await shop.add(1);
  const dry = ['promote', 'api', '--dry-run', '--plan-out', 'plan.json'];
  const shown = await callsOf(server, () => shop.run(dry));
  expect({ code: shown.answer.code, changes: shown.changes }).toEqual({ code: 0, changes: [] });
  expect(shown.answer.stdout).toContain(`promote api 1.0.0 to prod`);
  const plan = JSON.parse(await readFile(join(shop.project.dir, 'plan.json'), 'utf8'));
  expect(plan).toMatchObject({ version: 1, action: 'promote', sites: [{}, {}] });

  const Tags = [{ Key: TAG.tried, Value: 'passed 2026-11-20T15:04:05Z none 0.2.0' }];
  await shop.ec2(HOME).send(new CreateTagsCommand({ Resources: [imageId], Tags }));
  expect(await shop.result(0, 'promote', 'api', '--plan', 'plan.json')).toMatchObject({ ok: true });
  const [ours] = await shop.there(AWAY);
  const [theirs] = await shop.there(AWAY, OTHER);
  expect(await shop.says(SITES)).toEqual({
    [`${ACCOUNT}/${AWAY}`]: ours?.imageId,
    [`${OTHER}/${AWAY}`]: theirs?.imageId,
  });

  const { answer, changes } = await callsOf(server, () => shop.result(1, 'promote', 'api', '--plan', 'plan.json'));
  expect(changes).toEqual([]);
  expect(answer.error).toMatchObject({ code: 'plan-moved' });
  const named = [`${ACCOUNT}/${AWAY} api/x86_64`, `pointers of ${OTHER}/${AWAY}`, 'what the channel holds'];
  expect(answer.error?.details).toEqual(expect.arrayContaining(named));

  expect((await shop.run(dry)).code).toBe(0);
  const Resources = [ours?.imageId ?? ''];
  await shop.ec2(AWAY).send(new DeleteTagsCommand({ Resources, Tags: [{ Key: 'team' }] }));
  const moved = await shop.result(1, 'promote', 'api', '--plan', 'plan.json');
  expect(moved.error?.details).toEqual([`${ACCOUNT}/${AWAY} api/x86_64`]);

  await shop.project.write('plan.json', '{}');
  expect((await shop.result(2, 'promote', 'api', '--plan', 'plan.json')).error?.message).toContain('holds no plan');
  expect((await shop.result(1, 'promote', 'api', '--plan', 'none.json')).error?.message).toContain('none.json');
});

it('asks first, and does nothing where nobody can answer', async () => {
  await using shop = await ChannelProject.create(server, 'asking', { channels: { prod }, state: true });
  await shop.add(1);
  const { answer, changes } = await callsOf(server, () => shop.run(['promote', 'api']));
  expect({ code: answer.code, changes }).toEqual({ code: 2, changes: [] });
  expect(answer.stderr).toContain('Add --yes to go on.');
  const json = await callsOf(server, () => shop.run(['promote', 'api', '--json']));
  expect({ code: json.answer.code, changes: json.changes }).toEqual({ code: 2, changes: [] });
  expect(eventsOf(json.answer.stdout).map(({ type }) => type)).toContain('promotion-planned');
  expect(resultOf(json.answer.stdout)).toMatchObject({ ok: false, exitCode: 2, error: { code: 'usage' } });
  const none = await callsOf(server, () => shop.run(['rollback', 'api', '--yes']));
  expect({ code: none.answer.code, changes: none.changes }).toEqual({ code: 2, changes: [] });
  expect((await shop.run(['verify', 'api'])).stderr).toContain('bake promote api --to prod');
  expect((await shop.run(['export', 'api'])).code).toBe(2);
});

it('keeps what channels hold in tags where there is no state bucket, and says so', async () => {
  await using shop = await ChannelProject.create(server, 'tagged', { channels: { prod } });
  await shop.add(1);
  await shop.add(2);
  const { stdout } = await shop.run(['promote', 'api@1.0.0', '--yes', '--json']);
  const warnings = eventsOf(stdout).flatMap(({ type, warning }) => (type === 'warning' ? [warning] : []));
  expect(warnings).toMatchObject([{ code: 'no-lease', hint: expect.stringContaining('bake state init') }]);
  const first = await shop.says(SITES);
  await shop.promote(2);
  const second = await shop.says(SITES);
  expect(Object.values(second).filter((id) => Object.values(first).includes(id))).toEqual([]);
  expect((await shop.run(['verify', 'api'])).code).toBe(0);

  const back = await callsOf(server, () => shop.result(0, 'rollback', 'api', '--yes'));
  expect(await shop.says(SITES)).toEqual(first);
  expect(new Set(back.changes)).toEqual(new Set(['CreateTags', 'PutParameter']));
  const { channels } = JSON.parse((await shop.run(['history', 'api', '--json'])).stdout);
  expect(channels[0].moves).toMatchObject([
    { imageVersion: '1.0.0', action: 'rollback', finished: true },
    { imageVersion: '2.0.0', action: 'promote', finished: true },
  ]);
  const exported = JSON.parse((await shop.run(['export', 'api', '--format', 'json'])).stdout);
  for (const id of Object.values(first)) expect(JSON.stringify(exported)).toContain(id);
});

it('tells who moved what, and exports it in every form', async () => {
  await using shop = await ChannelProject.create(server, 'told', { channels: { prod }, state: true });
  await shop.add(1);
  await shop.add(2);
  await shop.promote(1);
  await shop.promote(2, '--approved-by', 'alice');
  await shop.result(0, 'rollback', 'api', '--to', '1.0.0', '--yes');
  const history = await shop.run(['history', 'api']);
  expect(history.stdout.match(/\d\.0\.0 .*(promote|rollback)/g)).toHaveLength(3);
  expect(history.stdout).toMatch(/2\.0\.0 +promote +arn:aws:\S+ +alice/);
  const ids = Object.values(await shop.says(SITES));
  for (const format of ['cloudformation', 'terraform', 'cdk', 'json']) {
    const { code, stdout } = await shop.run(['export', 'api', '--format', format]);
    expect(code, format).toBe(0);
    for (const id of ids) expect(stdout, format).toContain(id);
  }
  expect(await shop.run(['export', 'api', '--format', 'yaml'])).toMatchObject({ code: 2 });
});

it('promotes neither a bad image nor what stands on it, until it is good again', async () => {
  await using shop = await ChannelProject.create(server, 'bad', { channels: { prod }, state: true });
  const base = await shop.add(1, { image: 'base' });
  await shop.add(1, { tags: { [TAG.parentAmi]: base, [TAG.parent]: 'base/1.0.0' } });
  expect((await shop.run(['mark', 'base@1.0.0', '--bad', 'the disk fills up'])).code).toBe(0);
  const child = await callsOf(server, () => shop.result(1, 'promote', 'api', '--yes'));
  expect(child.changes).toEqual([]);
  expect(child.answer.error?.details?.join()).toContain('base 1.0.0 is marked bad: the disk fills up');
  const parent = await callsOf(server, () => shop.run(['promote', 'base@1.0.0', '--yes']));
  expect({ code: parent.answer.code, changes: parent.changes }).toEqual({ code: 2, changes: [] });
  expect(parent.answer.stderr).toContain('marked bad: the disk fills up');
  expect((await shop.run(['mark', 'base@1.0.0', '--good'])).code).toBe(0);
  await shop.promote(1);
  const marked = JSON.parse((await shop.run(['mark', 'api@1.0.0', '--bad', 'why not', '--json'])).stdout);
  expect(marked.channels).toEqual(['prod']);
  const verified = await shop.run(['verify', 'api']);
  expect(verified).toMatchObject({ code: 1, stderr: expect.stringContaining('bake rollback api') });
});
