import { afterEach, describe, expect, test } from 'vitest';
import { interrupted } from '../../../src/model/errors.ts';
import type { Architecture, RunId } from '../../../src/model/ids.ts';
import { TAG } from '../../../src/model/tags.ts';
import { BakeRun, type BakeRunParts } from '../../helpers/bake-run.ts';
import { base, imageName, service, version } from '../../helpers/builders.ts';
import { FakeCloud } from '../../helpers/fake-cloud.ts';

const BOTH: readonly Architecture[] = ['x86_64', 'arm64'];
const CHAIN = [base('base'), service('api', 'base')];
/** More than one look at the reservations, less than a life. */
const A_WHILE = 30;
/** More than a life without a sign. */
const A_LIFE = 140;

const runs: BakeRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run[Symbol.asyncDispose]();
});

/** A run of its own in a cloud that others use too. */
async function open(cloud: FakeCloud, number: number, parts: Partial<BakeRunParts> = {}): Promise<BakeRun> {
  const id = `20261120T12000${number}-00000${number}` as RunId;
  const run = await BakeRun.open({ images: CHAIN, ...parts, cloud, context: { run: id, ...parts.context } });
  runs.push(run);
  return run;
}

/** Bakes write files, which takes turns of the loop that nobody can count. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setImmediate(done));
}

/** Two runs, of which the first has begun to bake the base. */
async function twoRuns(parts: Partial<BakeRunParts> = {}) {
  const cloud = new FakeCloud();
  const [one, two] = [await open(cloud, 1, parts), await open(cloud, 2, parts)];
  const ones = one.start();
  const first = await one.packer.next();
  const twos = two.start();
  await two.pass(1);
  return { cloud, one, two, ones, twos, first };
}

describe('what another run bakes', () => {
  test('is waited for and used; what stands on it is baked on it', async () => {
    const { cloud, one, two, ones, twos, first } = await twoRuns();
    expect(two.of('bake-joined')).toMatchObject([
      { id: 'base/x86_64', run: '20261120T120001-000001', version: '2026.11.20.1', host: 'ci-1', user: 'ann' },
    ]);
    const parent = first.succeed();
    (await one.packer.next()).launch();
    await two.pass(A_WHILE);
    expect(two.of('bake-joined').map(({ id }) => id)).toEqual(['base/x86_64', 'api/x86_64']);
    const child = one.packer.invocations[1]?.succeed();
    await ones;
    await two.pass(A_WHILE);
    expect(Object.fromEntries(await twos)).toEqual({
      'base/x86_64': { status: 'reused', imageId: parent, version: '2026.11.20.1' },
      'api/x86_64': { status: 'reused', imageId: child, version: '2026.11.20.1' },
    });
    expect(two.packer.invocations).toEqual([]);
    expect(cloud.temporary).toEqual([]);
  });

  test('is baked here when it fails there, under the version that is free again', async () => {
    const { cloud, one, two, ones, twos, first } = await twoRuns({ images: CHAIN.slice(0, 1) });
    first.fail('Error');
    await ones;
    await two.pass(A_WHILE);
    (await two.packer.next()).succeed();
    expect((await twos).get('base/x86_64')).toMatchObject({ status: 'done', version: '2026.11.20.1' });
    expect(two.of('warning')).toMatchObject([{ id: 'base/x86_64', warning: { code: 'join-left' } }]);
    expect(one.packer.invocations).toHaveLength(1);
    expect(cloud.temporary).toEqual([]);
  });

  test('is baked here when that run gives no sign of life any more; its version stays taken', async () => {
    const { two, twos } = await twoRuns({ images: CHAIN.slice(0, 1) });
    await two.pass(A_LIFE);
    (await two.packer.next()).succeed();
    expect((await twos).get('base/x86_64')).toMatchObject({ status: 'done', version: '2026.11.20.2' });
  });

  test('is waited for as long as it gives signs, whatever its clock says', async () => {
    const { cloud, two, ones, twos, first } = await twoRuns({ images: CHAIN.slice(0, 1) });
    for (let beat = 1; beat <= 8; beat++) {
      const alive = new Date(Date.UTC(2026, 10, 21, 0, 0, beat)).toISOString();
      await cloud.builders.renew(['id of bake/acme/base/2026.11.20.1-x86_64'], { [TAG.alive]: alive });
      await two.pass(A_WHILE);
    }
    expect(two.packer.invocations).toEqual([]);
    const imageId = first.succeed();
    await ones;
    await two.pass(A_WHILE);
    expect((await twos).get('base/x86_64')).toMatchObject({ status: 'reused', imageId });
  });

  test('is baked here at once when its process is dead on this machine', async () => {
    const processes = { here: 'boot of 20261120T120001-000001', isAlive: () => false };
    const cloud = new FakeCloud();
    const parts = { images: CHAIN.slice(0, 1), context: { processes } };
    const [one, two] = [await open(cloud, 1), await open(cloud, 2, parts)];
    void one.start();
    await one.packer.next();
    const twos = two.start();
    (await two.packer.next()).succeed();
    expect((await twos).get('base/x86_64')).toMatchObject({ status: 'done', version: '2026.11.20.2' });
    expect(two.of('bake-joined')).toEqual([]);
  });

  test('is baked here too when it takes longer there than the time limits allow', async () => {
    const { cloud, two, twos } = await twoRuns({ images: CHAIN.slice(0, 1) });
    for (let minute = 0; minute < 100; minute++) {
      const alive = new Date(Date.UTC(2026, 10, 21, 0, minute)).toISOString();
      await cloud.builders.renew(['id of bake/acme/base/2026.11.20.1-x86_64'], { [TAG.alive]: alive });
      await two.pass(60);
    }
    (await two.packer.next()).succeed();
    expect((await twos).get('base/x86_64')).toMatchObject({ status: 'done', version: '2026.11.20.2' });
    expect(two.of('warning')).toMatchObject([{ warning: { code: 'join-late' } }]);
  });

  test('holds no place of those that may be baked at once', async () => {
    const cloud = new FakeCloud();
    const one = await open(cloud, 1, { images: [base('base')] });
    const two = await open(cloud, 2, { images: [base('base'), base('other')], options: { limits: { parallel: 1 } } });
    const ones = one.start();
    const first = await one.packer.next();
    const twos = two.start();
    expect((await two.packer.next()).succeed()).toBeDefined();
    first.succeed();
    await ones;
    await two.pass(A_WHILE);
    expect([...(await twos).values()].map(({ status }) => status).sort()).toEqual(['done', 'reused']);
  });

  test('is given up when this run is interrupted', async () => {
    const { cloud, two, twos, first, ones } = await twoRuns();
    two.interrupt(interrupted('SIGINT'));
    expect([...(await twos).values()].map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    first.fail('Error');
    await ones;
    expect(cloud.temporary).toEqual([]);
  });
});

describe('of two that reserve at once', () => {
  test('the earlier one bakes, and the other gives its reservation up', async () => {
    const cloud = new FakeCloud();
    const images = CHAIN.slice(0, 1);
    const [one, two] = [await open(cloud, 1, { images }), await open(cloud, 2, { images })];
    const [ones, twos] = [one.start(), two.start()];
    const first = await one.packer.next();
    await two.pass(1);
    expect(two.of('bake-joined')).toHaveLength(1);
    expect([...cloud.keyPairs.keys()]).toEqual(['bake/acme/base/2026.11.20.1-x86_64']);
    const imageId = first.succeed();
    await ones;
    await two.pass(A_WHILE);
    expect((await twos).get('base/x86_64')).toMatchObject({ status: 'reused', imageId });
    expect(cloud.temporary).toEqual([]);
  });

  test('with one version for both, one bakes it, and the other waits for it', async () => {
    const cloud = new FakeCloud();
    const options = { version: { value: version('1.4.2'), images: [imageName('base')] } };
    const parts = { images: CHAIN.slice(0, 1), options };
    const [one, two] = [await open(cloud, 1, parts), await open(cloud, 2, parts)];
    const [ones, twos] = [one.start(), two.start()];
    const first = await one.packer.next();
    await two.pass(1);
    expect(two.of('bake-joined')).toMatchObject([{ version: '1.4.2' }]);
    const imageId = first.succeed();
    await ones;
    await two.pass(A_WHILE);
    expect((await twos).get('base/x86_64')).toEqual({ status: 'reused', imageId, version: '1.4.2' });
  });

  test.each([4, 10])('one of %i bakes each image, and all end with it', async (count) => {
    const cloud = new FakeCloud();
    const all = await Promise.all(Array.from({ length: count }, (_, n) => open(cloud, n)));
    const ended = all.map((run) => run.start());
    const results = Promise.all(ended);
    const invocations = () => all.flatMap((run) => run.packer.invocations);
    for (const [level, { name }] of CHAIN.entries()) {
      await until(() => invocations().length > level);
      const others = () => all.filter((run) => run.of('bake-joined').some(({ id }) => id === `${name}/x86_64`));
      await until(() => others().length === count - 1);
      invocations()
        .find((one) => one.name.includes(`/${name}/`))
        ?.succeed();
      await until(() => all.some((run) => run.of('bake-finished').length > level));
      for (const run of all) await run.pass(A_WHILE);
    }
    for (const id of ['base/x86_64', 'api/x86_64'] as const) {
      const outcomes = (await results).map((one) => one.get(id));
      expect(outcomes.filter((one) => one?.status === 'done')).toHaveLength(1);
      expect(
        new Set(outcomes.map((one) => one?.status !== 'failed' && one?.status !== 'cancelled' && one?.imageId)).size,
      ).toBe(1);
    }
    expect(cloud.temporary).toEqual([]);
  });
});

describe('what is forced', () => {
  test('does not wait for anybody, and nobody for it', async () => {
    const plan = { images: [imageName('base')], force: true, nonce: 'one' };
    const cloud = new FakeCloud();
    const images = CHAIN.slice(0, 1);
    const [one, two, three] = [
      await open(cloud, 1, { images }),
      await open(cloud, 2, { images, plan }),
      await open(cloud, 3, { images }),
    ];
    const twos = two.start();
    const forced = await two.packer.next();
    const ones = one.start();
    const usual = await one.packer.next();
    const threes = three.start();
    await three.pass(1);
    expect(three.of('bake-joined')).toMatchObject([{ version: '2026.11.20.2' }]);
    forced.succeed();
    const imageId = usual.succeed();
    await Promise.all([ones, twos]);
    await three.pass(A_WHILE);
    expect((await threes).get('base/x86_64')).toMatchObject({ status: 'reused', imageId });
  });
});

describe('two architectures', () => {
  const images = [base('base', { architectures: BOTH })];

  test('of which another run bakes one: the other one is baked here', async () => {
    const cloud = new FakeCloud();
    const one = await open(cloud, 1, { images, plan: { images: [imageName('base')], architectures: ['x86_64'] } });
    const two = await open(cloud, 2, { images });
    const ones = one.start();
    const first = await one.packer.next();
    const twos = two.start();
    expect((await two.packer.next()).name).toBe('acme/base/2026.11.20.1-arm64');
    two.packer.invocations[0]?.succeed();
    first.fail('Error');
    await ones;
    await two.pass(A_WHILE);
    // The number of the other architecture, which this run shares.
    const again = await two.packer.next();
    expect(again.name).toBe('acme/base/2026.11.20.1-x86_64');
    again.succeed();
    expect([...(await twos).values()].map(({ status }) => status)).toEqual(['done', 'done']);
    expect(cloud.temporary).toEqual([]);
  });
});

describe('signs of life', () => {
  const renewals = (cloud: FakeCloud) => cloud.calls.filter((call) => call.startsWith('renew'));

  test('are given for all reservations in one call, and not for those that are over', async () => {
    const cloud = new FakeCloud();
    const run = await open(cloud, 1, { images: ['a', 'b'].map((name) => base(name)) });
    const ended = run.start();
    const begun = [await run.packer.next(), await run.packer.next()];
    const [a, b] = begun.sort((one, other) => one.request.dir.localeCompare(other.request.dir));
    const before = cloud.keyPairs.get('bake/acme/a/2026.11.20.1-x86_64')?.[TAG.alive] ?? '';
    await run.pass(A_WHILE);
    const ids = ['a', 'b'].map((name) => `id of bake/acme/${name}/2026.11.20.1-x86_64`);
    expect(renewals(cloud)).toEqual([`renew ${ids.join()}`]);
    const after = cloud.keyPairs.get('bake/acme/a/2026.11.20.1-x86_64')?.[TAG.alive] ?? '';
    expect(after > before).toBe(true);
    a?.succeed();
    await until(() => run.of('bake-finished').length === 1);
    await run.pass(A_WHILE);
    expect(renewals(cloud).at(-1)).toBe(`renew ${ids[1]}`);
    b?.succeed();
    await ended;
    const count = renewals(cloud).length;
    await run.pass(A_WHILE);
    expect(renewals(cloud)).toHaveLength(count);
  });

  test('that cannot be given twice in a row are told, once', async () => {
    const cloud = new FakeCloud();
    const run = await open(cloud, 1, { images: CHAIN.slice(0, 1) });
    const ended = run.start();
    const one = await run.packer.next();
    cloud.failNext('renew');
    await run.pass(A_WHILE);
    expect(run.of('warning')).toEqual([]);
    for (let beat = 0; beat < 2; beat++) {
      cloud.failNext('renew');
      await run.pass(A_WHILE);
    }
    expect(run.of('warning')).toMatchObject([{ warning: { code: 'reservation-not-renewed' } }]);
    one.succeed();
    await ended;
  });
});
