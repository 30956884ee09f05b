import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Tags } from '../../src/model/image.ts';
import type { Leftover, SweepPlan } from '../../src/model/sweep.ts';
import { TAG } from '../../src/model/tags.ts';
import { type CliResult, eventsOf, resultOf } from '../helpers/cli.ts';
import { ask, type RecordedCall, setFaults } from '../helpers/interference.ts';
import { Project, twoImages } from '../helpers/project.ts';
import { COPIER, ONE_OF_EACH, OWN } from '../helpers/promotion-lab.ts';
import { KEYS } from '../helpers/region-config.ts';
import { debianEntry, SandboxServer, until } from '../helpers/sandbox-server.ts';
import { everythingAt, type Place, SweepWorld } from '../helpers/sweep-world.ts';

const HOME = `${OWN}/us-east-1`;
const THERE = `${OWN}/eu-west-1`;
const ABROAD = `${COPIER}/eu-west-1`;
const SITES = [HOME, THERE, ABROAD] as const;
const BUCKET = 'acme-state';
const FINGERPRINT = { [TAG.fingerprint]: 'f'.repeat(64) };
const LIVING_RUN = { [TAG.run]: '20261101T000000-0a11fe' };

let server: SandboxServer;
let project: Project;
let s3: S3Client;
const places = new Map<string, Place>();
const place = (site: string): Place => places.get(site) as Place;

beforeAll(async () => {
  server = await SandboxServer.start([debianEntry('x86_64')], ['--pending-seconds', '0.02', '--copy-seconds', '0.02']);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  s3 = new S3Client({ region: 'us-east-1', endpoint: server.endpoint, credentials, forcePathStyle: true });
  const settings = { channels: { prod: { targets: ONE_OF_EACH } }, state: { bucket: BUCKET } };
  project = await Project.create({ ...twoImages, settings });
});
beforeEach(async () => {
  await server.control('POST', 'reset');
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (const site of SITES) {
    const [account = '', region = ''] = site.split('/');
    places.set(site, { ec2: account === OWN ? server.ec2(region) : await server.ec2Of(account, region), region });
  }
});
afterAll(async () => {
  s3.destroy();
  await project[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const sweep = (...options: readonly string[]): Promise<CliResult> =>
  project.bake(['sweep', ...options], { ...KEYS, AWS_ENDPOINT_URL: server.endpoint, AWS_MAX_ATTEMPTS: '1' });

async function listed(...options: readonly string[]): Promise<SweepPlan> {
  const { stdout, stderr } = await sweep('--json', ...options);
  if (!stdout.startsWith('{')) throw new Error(`${stdout}\n${stderr}`);
  return JSON.parse(stdout);
}

const idsAt = (leftovers: readonly Leftover[], site: string): readonly string[] =>
  leftovers.flatMap((one) => (one.site === site ? [one.id] : [])).toSorted();

async function world(): Promise<Readonly<Record<string, readonly string[]>>> {
  const all = SITES.map(async (site) => [site, (await everythingAt(place(site))).toSorted()] as const);
  return Object.fromEntries(await Promise.all(all));
}

/** What is made now is older than a second then. */
async function aged(): Promise<void> {
  const made = Date.now();
  await until(async () => Date.now() > made + 2_500, 10_000);
}

/** Everything that runs leave at a site; resolves to its ids. */
async function leave(site: string): Promise<readonly string[]> {
  const made = new SweepWorld(place(site), 'left');
  const version = '2026.11.1.1';
  const untagged = '2026.11.1.2';
  return [
    ...(await made.machine(made.runTags())),
    await made.volume(made.runTags()),
    await made.group(made.runTags()),
    await made.keyPair(made.runTags()),
    ...(await made.image(`acme/api/${version}-x86_64`, made.subject(version))),
    await made.keyPair(made.runTags(), `bake/acme/api/${untagged}-x86_64`),
    ...(await made.image(`acme/api/${untagged}-x86_64`, {})),
    ...(await made.image('bake/acme/api/x86_64/20261101T000000-00dead', made.runTags())),
    await made.orphan(made.subject('2026.11.1.3', FINGERPRINT)),
  ];
}

/** What looks like it and is not. */
async function lookAlikes(site: string): Promise<void> {
  const made = new SweepWorld(place(site), 'stays');
  const others: Tags = { [TAG.project]: 'other' };
  const alive = { ...LIVING_RUN, [TAG.alive]: new Date(Date.now() + 3_600_000).toISOString() };
  await made.machine(made.runTags(others));
  await made.machine({ [TAG.project]: 'acme', team: 'web' });
  await made.machine(made.runTags(LIVING_RUN));
  await made.volume(made.runTags(others));
  await made.group(made.runTags(others), 'bake/other/api/x86_64/1');
  await made.group({}, 'bake/acme/api/x86_64/mine');
  await made.group(made.runTags(LIVING_RUN));
  await made.keyPair(made.runTags(others), 'bake/other/api/1-x86_64');
  await made.keyPair({}, 'bake/acme/api/mine-x86_64');
  await made.keyPair(made.runTags(alive), 'bake/acme/api/2026.11.2.1-x86_64');
  // Its run is alive.
  await made.image('acme/api/2026.11.2.1-x86_64', {});
  await made.image('acme/api/2026.11.2.2-x86_64', made.subject('2026.11.2.2', FINGERPRINT));
  await made.image('acme/web/1-x86_64', {});
  await made.image('other/api/1-x86_64', made.subject('1', others));
  await made.orphan(made.subject('2', others));
  await made.orphan({});
  await made.snapshotByHand(made.subject('2026.11.2.2'));
}

/** A copy that failed, and one that did not. */
async function copies(site: string, from: string): Promise<{ failed: readonly string[]; good: readonly string[] }> {
  const source = new SweepWorld(place(from), 'source');
  const [id = ''] = await source.image('acme/api/2026.11.3.1-x86_64', source.subject('2026.11.3.1', FINGERPRINT));
  const made = new SweepWorld(place(site), 'copy');
  const tags = made.subject('2026.11.3.1', FINGERPRINT);
  const name = 'acme/api/2026.11.3.1-x86_64';
  await server.set('behaviour', { failCopies: { [place(site).region]: 'no key' } });
  const failed = await made.copy(place(from), id, name, tags);
  await server.set('behaviour', { failCopies: {} });
  return { failed, good: await made.copy(place(from), id, `${name}@2`, tags) };
}

describe('what dead runs left', () => {
  test('goes, in two regions and two accounts, and nothing else does', async () => {
    const left: Record<string, readonly string[]> = {};
    const made = SITES.map(async (site) => {
      await lookAlikes(site);
      left[site] = await leave(site);
    });
    await Promise.all(made);
    const { failed } = await copies(THERE, HOME);
    left[THERE] = [...(left[THERE] ?? []), ...failed];
    await aged();
    const before = await world();

    const young = await listed();
    expect(young.leftovers).toEqual([]);
    expect(await world()).toEqual(before);

    const plan = await listed('--older-than', '1s');
    for (const site of SITES) expect(idsAt(plan.leftovers, site)).toEqual(left[site]?.toSorted());
    expect(new Set(plan.spared.map(({ because }) => because.why))).toEqual(new Set(['alive']));
    expect(await world()).toEqual(before);

    const { code, stdout } = await sweep('--yes', '--json', '--older-than', '1s');
    expect([code, resultOf(stdout).outcomes]).toMatchObject([
      0,
      Object.fromEntries(SITES.map((site) => [site, { status: 'swept' }])),
    ]);
    const told = eventsOf(stdout).filter(({ type }) => type === 'leftover-removed');
    const after = await world();
    for (const site of SITES) {
      const gone = before[site]?.filter((id) => !after[site]?.includes(id));
      expect(gone).toEqual(left[site]?.toSorted());
      expect(after[site]?.filter((id) => !before[site]?.includes(id))).toEqual([]);
    }
    // Volumes that go with their machine are gone when it is their turn. Key pairs have one name everywhere.
    const ids = told.map(({ leftover }) => (leftover as Leftover).id);
    const volumes = Object.values(left).flatMap((all) => all.filter((id) => id.startsWith('vol-')));
    expect(new Set([...ids, ...volumes])).toEqual(new Set(Object.values(left).flat()));
    expect((await listed('--older-than', '1s')).leftovers).toEqual([]);
  });

  test('is looked for by six calls at a site where nothing is, and by text for people', async () => {
    const { last } = await ask<{ readonly last: number }>(server, 'calls');
    const { code, stdout } = await sweep();
    expect([code, stdout]).toEqual([0, 'Nothing is left of dead runs of acme at 3 sites.\n']);
    const { calls } = await ask<{ readonly calls: readonly RecordedCall[] }>(server, `calls?after=${last}`);
    const reads = calls.filter(({ service }) => service === 'ec2');
    expect(reads.filter(({ mutating }) => mutating)).toEqual([]);
    expect(reads).toHaveLength(6 * SITES.length);
  });
});

test('a site of which one read fails keeps all it has, and the others do not', async () => {
  const left: Record<string, readonly string[]> = {};
  for (const site of [HOME, THERE]) {
    const made = new SweepWorld(place(site), 'left');
    left[site] = [await made.group(made.runTags()), await made.keyPair(made.runTags())];
  }
  await aged();
  const match = { action: 'DescribeVolumes', region: 'eu-west-1', account: OWN };
  await setFaults(server, [{ match, do: { fail: { code: 'UnauthorizedOperation', status: 403 } } }]);
  const { code, stdout } = await sweep('--yes', '--json', '--older-than', '1s');
  expect([code, resultOf(stdout).outcomes]).toMatchObject([
    1,
    {
      [HOME]: { status: 'swept', removed: 2 },
      [THERE]: { status: 'failed', error: { code: 'access-denied', message: expect.stringContaining('list volumes') } },
      [ABROAD]: { status: 'swept', removed: 0 },
    },
  ]);
  await setFaults(server, []);
  expect(await everythingAt(place(THERE))).toEqual(expect.arrayContaining([...(left[THERE] ?? [])]));
});

test('a failed copy stays while its image is being promoted', async () => {
  const { failed } = await copies(THERE, HOME);
  const lease = async (released: boolean) => {
    const owner = { run: '20261101T000000-0a11fe', host: 'ci', user: 'ann', pid: 1 };
    const [acquiredAt, expiresAt] = [0, 3_600_000].map((later) => new Date(Date.now() + later).toISOString());
    const Body = JSON.stringify({ version: 1, id: 'x', owner, acquiredAt, expiresAt, released });
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'leases/prod/api.json', Body }));
  };
  await lease(false);
  await aged();
  const held = await listed('--older-than', '1s');
  expect([held.leftovers, idsAt(held.spared, THERE)]).toEqual([[], failed.toSorted()]);
  await lease(true);
  expect(idsAt((await listed('--older-than', '1s')).leftovers, THERE)).toEqual(failed.toSorted());
});

test('an age and a region have to be one', async () => {
  for (const option of [
    ['--older-than', 'soon'],
    ['--region', 'mars'],
  ]) {
    const { code, stderr } = await sweep(...option);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${option[0]} "${option[1]}" is not`)]);
  }
});
