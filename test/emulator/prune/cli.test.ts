import { CreateKeyPairCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { channelTag, formatChannelMark } from '../../../src/model/channel-tag.ts';
import type { ChannelName } from '../../../src/model/ids.ts';
import type { PrunePlan } from '../../../src/model/prune.ts';
import { callsOf } from '../../helpers/channel-project.ts';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { HOME, PruneShop, SOURCE } from '../../helpers/prune-shop.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';

/** Some commands one after the other. */
vi.setConfig({ testTimeout: 400_000 });

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const IMAGES = { api: { source: 'debian:12', keep: { last: 1, days: 30 } } };
const CHANNELS = { prod: { targets: [{ regions: [HOME] }] } };

/** Three versions, of which the newest stays. */
async function threeVersions(settings: object): Promise<PruneShop> {
  await server.control('POST', 'reset');
  const shop = await PruneShop.create(server, { channels: CHANNELS, ...settings }, IMAGES);
  for (const [place, name] of ['api/1.0.0', 'api/2.0.0', 'api/3.0.0'].entries())
    await shop.add({ name, age: 100 - place });
  return shop;
}

const actions = (stdout: string) =>
  Object.fromEntries((JSON.parse(stdout) as PrunePlan).decisions.map(({ version, action }) => [version, action]));

it('lists without --yes, and with --dry-run, and says in words what would go', async () => {
  await using shop = await threeVersions({});
  for (const args of [['prune'], ['prune', '--yes', '--dry-run']]) {
    const { answer, changes } = await callsOf(server, () => shop.run(args));
    expect([answer.code, changes]).toEqual([0, []]);
    expect(answer.stdout).toMatch(/^retire +api +2\.0\.0 +x86_64 .* nothing needs it$/m);
    expect(answer.stdout).toMatch(/^keep +api +3\.0\.0 .* the newest$/m);
    expect(answer.stdout).toMatch(/^2 to retire, 1 kept; 16\.0 GiB and at most \$0\.80 a month saved/m);
    expect(answer.stderr).toContain('Nothing was changed; add --yes.');
  }
});

it('has nobody use what is retired, and says how it comes back', async () => {
  await using shop = await threeVersions({});
  expect(await shop.run(['prune', '--yes'])).toMatchObject({ code: 0 });
  const { stdout } = await shop.run(['list', '--json']);
  const states = (JSON.parse(stdout) as { images: { version: string; state: string }[] }).images;
  expect(states.map(({ version, state }) => `${version} ${state}`)).toEqual([
    '3.0.0 available',
    '2.0.0 retired',
    '1.0.0 retired',
  ]);
  const promoted = await shop.run(['promote', 'api@2.0.0', '--to', 'prod', '--dry-run']);
  expect([promoted.code, promoted.stderr]).toEqual([
    2,
    expect.stringMatching(/it is retired[\s\S]*bake prune --undo api@2\.0\.0/),
  ]);
  expect(await shop.run(['prune', '--undo', 'api@2.0.0', '--dry-run'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^enable ami-\w+ in 123456789012\/us-east-1$/m),
  });
  expect(await shop.run(['prune', '--undo', 'api@2.0.0'])).toMatchObject({ code: 0 });
  const again = await shop.run(['promote', 'api@2.0.0', '--to', 'prod', '--dry-run']);
  expect(again).toMatchObject({ code: 0 });
});

it('goes by tags where there is no state bucket, and says that nothing holds promotions back', async () => {
  await using shop = await threeVersions({ state: undefined });
  const mark = formatChannelMark({ at: new Date().toISOString(), action: 'promote', finished: true });
  await shop.tag(SOURCE, shop.id('api/1.0.0'), { [channelTag('prod' as ChannelName)]: mark });
  const { code, stdout } = await shop.run(['prune', '--yes', '--json']);
  expect([code, Object.keys(resultOf(stdout).outcomes)]).toEqual([0, ['api/x86_64@2.0.0']]);
  expect(eventsOf(stdout).filter(({ type }) => type === 'warning')).toMatchObject([{ warning: { code: 'no-lease' } }]);
});

it('leaves alone what somebody promotes at the same time', async () => {
  await using shop = await threeVersions({});
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const owner = { run: 'theirs', host: 'elsewhere', user: 'alice', pid: 1 };
  const lease = { version: 1, id: 'x', owner, acquiredAt: new Date().toISOString(), expiresAt: until, released: false };
  await shop.put('leases/prod/api.json', lease);
  const { answer, changes } = await callsOf(server, () => shop.run(['prune', '--yes', '--json']));
  expect([answer.code, resultOf(answer.stdout).outcomes, changes]).toEqual([0, {}, []]);
  expect(eventsOf(answer.stdout).filter(({ type }) => type === 'warning')).toMatchObject([
    { warning: { code: 'lease-held', message: expect.stringContaining('alice') } },
  ]);
});

it('leaves alone what a bake or a trial needs that may be alive', async () => {
  await using shop = await threeVersions({});
  const KeyName = 'bake/acme/api/x86_64/20261120T140320-3f2a91';
  const { KeyPairId = '' } = await shop.ec2(SOURCE).send(new CreateKeyPairCommand({ KeyName }));
  await shop.ec2(SOURCE).send(new CreateKeyPairCommand({ KeyName: 'bake/another/api/x86_64/run' }));
  const { decisions } = JSON.parse((await shop.run(['prune', '--json'])).stdout) as PrunePlan;
  expect(decisions.find(({ version }) => version === '1.0.0')).toMatchObject({
    action: 'keep',
    because: [{ why: 'baking', reservation: KeyName }],
  });
  // By the word of its own run it is dead.
  await shop.tag(SOURCE, KeyPairId, { 'bake:alive': '2026-01-01T00:00:00Z' });
  expect(actions((await shop.run(['prune', '--json'])).stdout)).toMatchObject({ '1.0.0': 'retire' });
});

it('does nothing where a list lacks what a channel holds', async () => {
  await using shop = await threeVersions({});
  shop.ids.set(`api/9.0.0 ${SOURCE}`, 'ami-00000000000000009');
  await shop.holds('api/9.0.0');
  const { answer, changes } = await callsOf(server, () => shop.run(['prune', '--yes', '--json']));
  expect([answer.code, changes, resultOf(answer.stdout).error]).toMatchObject([
    1,
    [],
    { code: 'prune-not-known', details: [expect.stringContaining('ami-00000000000000009 is not listed')] },
  ]);
});

it('refuses what makes no sense', async () => {
  await using shop = await threeVersions({});
  for (const [args, why] of [
    [['prune', 'apii'], 'Did you mean api?'],
    [['prune', '--undo', 'api'], 'api names no version'],
    [['prune', 'api', '--undo', 'api@1.0.0'], '--undo brings one version back'],
    [['prune', '--undo', 'api@1.0.0'], 'api@1.0.0 is not retired'],
    [['prune', '--undo', 'api@7.0.0'], 'there is no api@7.0.0'],
  ] as const) {
    const { code, stderr } = await shop.run(args);
    expect([args, code, stderr]).toEqual([args, 2, expect.stringContaining(why)]);
  }
  const { stdout } = await shop.run(['prune', '--json']);
  expect(actions(stdout)).toEqual({ '1.0.0': 'retire', '2.0.0': 'retire', '3.0.0': 'keep' });
});
