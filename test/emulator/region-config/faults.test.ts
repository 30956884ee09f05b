import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningCli, resultOf } from '../../helpers/cli.ts';
import { ACCOUNT, ConfigProject } from '../../helpers/region-config.ts';
import { type RelayedCall, relay, type Verdict } from '../../helpers/relay.ts';
import { sampled } from '../../helpers/sampled.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const US = `${ACCOUNT}/us-east-1`;
const ONE_REGION = { staging: { targets: [{ regions: ['us-east-1'] }] } };
const isManifest = ({ path, writes }: RelayedCall) => writes && path.endsWith('/api/manifest.json');

const checkout = (log: string) => ({
  channels: ONE_REGION,
  config: { regionValues: { 'us-east-1': { database: 'db.us' } } },
  values: { log, limits: { files: log.length } },
});
const contentOf = (log: string) => ({
  'files/limits.conf': `region = us-east-1\nfiles = ${log.length}\n`,
  'values.json': `{"database":"db.us","limits":{"files":${log.length}},"log":"${log}"}`,
});

/** Pushes, and is killed when the relay's call of that number is about to be made, or was just made. */
async function pushKilled(acme: ConfigProject, number: number, when: 'before' | 'after', options: string[] = []) {
  let cli: RunningCli | undefined;
  const kill = async (call: RelayedCall) => {
    if (call.number !== number) return 'go' as const;
    cli?.signal('SIGKILL');
    await cli?.ended;
    return 'cut' as const;
  };
  await using between = await relay(server.endpoint, { [when]: kill });
  cli = acme.start('push', ['--yes', '--json', ...options], between.url);
  const { code } = await cli.ended;
  return { killed: code === null, code };
}

it.each(sampled(['before', 'after'] as const, 1, 'moments of a kill'))(
  'killed %s any call, it leaves the old config or the new',
  async (when) => {
    await using acme = await ConfigProject.create(server, `killed-${when}`, checkout('v'));
    expect((await acme.push(['--create-buckets'])).code).toBe(0);
    let current = 'v';
    const seen = new Set<'old' | 'new'>();
    for (let number = 1; ; number++) {
      const next = `${current}v`;
      await acme.configure(checkout(next));
      const { killed, code } = await pushKilled(acme, number, when);
      // Throws where it is not complete.
      const found = await acme.found('us-east-1');
      const isNew = found?.texts['values.json'] === contentOf(next)['values.json'];
      expect(found?.texts).toEqual(contentOf(isNew ? next : current));
      if (isNew) current = next;
      seen.add(isNew ? 'new' : 'old');
      if (killed) continue;
      expect({ code, isNew }).toEqual({ code: 0, isNew: true });
      // Identity, bucket, manifest, two heads, the old values, two objects and the manifest.
      expect(number).toBeGreaterThan(8);
      break;
    }
    expect(seen).toContain('old');
    expect((await acme.run('check')).code).toBe(0);
  },
);

it('killed anywhere while it makes a bucket, it is finished by the next', async () => {
  const all = Array.from({ length: 12 }, (_, index) => index + 1);
  const calls = sampled(all, 4, 'calls that make a bucket');
  const kills = async (number: number) => {
    await using acme = await ConfigProject.create(server, `made-${number}`, checkout('v'));
    const { killed } = await pushKilled(acme, number, 'after', ['--create-buckets']);
    const found = await acme.found('us-east-1');
    if (found !== undefined) expect(found.texts).toEqual(contentOf('v'));
    const { code } = await acme.push(['--create-buckets']);
    const check = await acme.run('check');
    return { number, killed, codes: [code, check.code], project: (await acme.bucketTags('us-east-1'))['bake:project'] };
  };
  // Two at once: as many as the test machine has processors.
  for (let at = 0; at < calls.length; at += 2) {
    for (const result of await Promise.all(calls.slice(at, at + 2).map(kills))) {
      expect(result).toEqual({ number: result.number, killed: true, codes: [0, 0], project: 'acme' });
    }
  }
});

it('makes a bucket once for two pushes at once', async () => {
  await using ours = await ConfigProject.create(server, 'both', checkout('ours'));
  await using theirs = await ConfigProject.create(server, 'both', checkout('theirs'));
  const results = await Promise.all([ours, theirs].map((acme) => acme.push(['--create-buckets'])));
  const outcomes = results.map(({ stdout }) => resultOf(stdout).outcomes[US]);
  const codes = outcomes.map((outcome) => outcome?.error?.code ?? outcome?.status).sort();
  expect([
    ['published', 'published'],
    ['published', 'pushed-in-between'],
  ]).toContainEqual(codes);
  const found = await ours.found('us-east-1');
  expect(found?.manifest.serial).toBe(codes.filter((code) => code === 'published').length);
  expect([contentOf('ours'), contentOf('theirs')]).toContainEqual(found?.texts);
});

it('lets the first of two pushes through that looked at the same', async () => {
  await using ours = await ConfigProject.create(server, 'two', checkout('v'));
  await using theirs = await ConfigProject.create(server, 'two', checkout('v'));
  await ours.push(['--create-buckets']);
  await ours.configure(checkout('ours'));
  await theirs.configure(checkout('theirs'));
  let first: Awaited<ReturnType<ConfigProject['push']>> | undefined;
  await using between = await relay(server.endpoint, {
    before: async (call): Promise<Verdict> => {
      if (isManifest(call)) first ??= await theirs.push();
      return 'go';
    },
  });
  const { code, stdout } = await ours.push([], between.url);
  expect(first?.code).toBe(0);
  expect(code).toBe(1);
  expect(resultOf(stdout).outcomes[US]).toMatchObject({ status: 'failed', error: { code: 'pushed-in-between' } });
  expect((await ours.found('us-east-1'))?.texts).toEqual(contentOf('theirs'));
  expect((await ours.push()).code).toBe(0);
  expect((await ours.found('us-east-1'))?.manifest.serial).toBe(3);
});

it('gives each of many pushes at once a serial, or says that another was faster', async () => {
  await using base = await ConfigProject.create(server, 'many', checkout('v'));
  await base.push(['--create-buckets']);
  const pushes = Array.from({ length: 4 }, async (_, index) => {
    await using acme = await ConfigProject.create(server, 'many', checkout('v'.repeat(index + 2)));
    return resultOf((await acme.push()).stdout).outcomes[US];
  });
  const outcomes = await Promise.all(pushes);
  const done = outcomes.filter((outcome) => outcome?.status === 'published');
  const failed = outcomes.filter((outcome) => outcome?.status === 'failed');
  expect(done.length).toBeGreaterThan(0);
  expect(failed.map((outcome) => outcome?.error?.code)).toEqual(failed.map(() => 'pushed-in-between'));
  expect((await base.found('us-east-1'))?.manifest.serial).toBe(1 + done.length);
});

it('knows its own manifest again when the answer to it was lost', async () => {
  await using acme = await ConfigProject.create(server, 'lost', checkout('v'));
  await acme.push(['--create-buckets']);
  await acme.configure(checkout('vv'));
  let lost = false;
  await using between = await relay(server.endpoint, {
    after: (call) => {
      if (!isManifest(call) || lost) return 'go';
      lost = true;
      return 'cut';
    },
  });
  const { code, stdout } = await acme.push([], between.url);
  expect({ code, lost }).toEqual({ code: 0, lost: true });
  expect(resultOf(stdout).outcomes[US]).toMatchObject({ status: 'published' });
  expect(await acme.found('us-east-1')).toMatchObject({ texts: contentOf('vv'), versions: 2 });
});

it('publishes elsewhere although one region is down', async () => {
  await using acme = await ConfigProject.create(server, 'down');
  await acme.push(['--create-buckets']);
  await acme.configure({ values: { log: 'debug' } });
  const bucket = acme.bucket('eu-west-1');
  await using between = await relay(server.endpoint, {
    before: ({ path, writes }) => (writes && path.startsWith(`/${bucket}/`) ? 'cut' : 'go'),
  });
  const { code, stdout } = await acme.push([], between.url);
  expect(code).toBe(1);
  expect(resultOf(stdout).outcomes).toMatchObject({
    [US]: { status: 'published' },
    [`${ACCOUNT}/eu-west-1`]: { status: 'failed', error: { code: 'endpoint-unreachable' } },
  });
  expect((await acme.found('eu-west-1'))?.texts['values.json']).toContain('"log":"info"');
  expect((await acme.found('us-east-1'))?.texts['values.json']).toContain('"log":"debug"');
});

it('stops between two calls when it is told to', async () => {
  await using acme = await ConfigProject.create(server, 'stopped', checkout('v'));
  await acme.push(['--create-buckets']);
  await acme.configure(checkout('vv'));
  let cli: RunningCli | undefined;
  await using between = await relay(server.endpoint, {
    before: (call) => {
      if (call.writes) cli?.signal('SIGINT');
      return 'go';
    },
  });
  cli = acme.start('push', ['--yes', '--json'], between.url);
  const { code, stdout } = await cli.ended;
  expect(code).toBe(130);
  expect(resultOf(stdout)).toMatchObject({ ok: false, error: { code: 'interrupted' } });
  expect((await acme.found('us-east-1'))?.texts).toEqual(contentOf('v'));
});
