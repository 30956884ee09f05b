import { afterEach, describe, expect, test } from 'vitest';
import { interrupted } from '../../src/model/errors.ts';
import type { Architecture, Fingerprint } from '../../src/model/ids.ts';
import { TAG } from '../../src/model/tags.ts';
import { BakeRun, type BakeRunParts } from '../helpers/bake-run.ts';
import { amiId, base, imageName, PROJECT, service, version } from '../helpers/builders.ts';

let run: BakeRun;
afterEach(() => run[Symbol.asyncDispose]());
async function open(parts: BakeRunParts) {
  run = await BakeRun.open(parts);
  return run;
}

const BOTH: readonly Architecture[] = ['x86_64', 'arm64'];
const CHAIN = [base('base'), service('api', 'base')];
const [BASE] = CHAIN as [(typeof CHAIN)[0]];

/** Lets every build succeed as it comes. */
async function succeedAll(count: number): Promise<string[]> {
  const names: string[] = [];
  for (let n = 0; n < count; n++) {
    const invocation = await run.packer.next();
    names.push(invocation.name);
    invocation.succeed();
  }
  return names;
}
const statuses = (outcomes: ReadonlyMap<string, { readonly status: string }>) =>
  Object.fromEntries([...outcomes].map(([id, { status }]) => [id, status]));

async function baseImage() {
  const found = (await run.cloud.images.list(PROJECT)).find(({ image }) => image === 'base');
  if (found === undefined) throw new Error('there is no base');
  return found.imageId;
}

describe('parents and children', () => {
  test('a child is baked on the AMI that its parent became, and says so', async () => {
    await open({ images: CHAIN });
    const ended = run.start();
    const parent = (await run.packer.next()).succeed();
    const child = await run.packer.next();
    expect(child.request.variables).toMatchObject({ source_ami: parent, root_device: '/dev/xvda' });
    const imageId = child.succeed();
    expect(statuses(await ended)).toEqual({ 'base/x86_64': 'done', 'api/x86_64': 'done' });
    expect(run.cloud.tags(imageId)).toMatchObject({
      [TAG.parent]: 'base/2026.11.20.1',
      [TAG.parentAmi]: parent,
      [TAG.sourceAmi]: amiId(1),
    });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('a second run finds all there and bakes nothing', async () => {
    await open({ images: CHAIN });
    const [first] = await Promise.all([run.start(), succeedAll(2)]);
    const outcomes = await run.start();
    expect(statuses(outcomes)).toEqual({ 'base/x86_64': 'reused', 'api/x86_64': 'reused' });
    for (const [id, outcome] of first) expect(outcomes.get(id)).toEqual({ ...outcome, status: 'reused' });
    expect(run.packer.invocations).toHaveLength(2);
  });

  test('children of a failed image are cancelled and name it; others go on', async () => {
    await open({ images: [...CHAIN, service('sub', 'api'), base('other')] });
    const ended = run.start();
    for (let n = 0; n < 2; n++) {
      const invocation = await run.packer.next();
      if (invocation.name.includes('/base/')) invocation.fail('Error');
      else invocation.succeed();
    }
    const outcomes = await ended;
    expect(statuses(outcomes)).toEqual({
      'base/x86_64': 'failed',
      'api/x86_64': 'cancelled',
      'sub/x86_64': 'cancelled',
      'other/x86_64': 'done',
    });
    expect(outcomes.get('api/x86_64')).toEqual({
      status: 'cancelled',
      because: 'base/x86_64 was not baked',
      culprit: 'base/x86_64',
    });
    expect(outcomes.get('sub/x86_64')).toEqual(outcomes.get('api/x86_64'));
    expect(run.of('warning')).toMatchObject([
      { id: 'base/x86_64', warning: { code: 'others-not-baked', message: '2 images were not baked for want of it' } },
    ]);
    expect(run.of('bake-finished')).toHaveLength(4);
    expect(run.cloud.temporary).toEqual([]);
  });

  test('what is reused does not wait for its parent, nor fall with it', async () => {
    await open({ images: CHAIN });
    await Promise.all([run.start(), succeedAll(2)]);
    run.cloud.disable(await baseImage());
    const ended = run.start();
    (await run.packer.next()).fail('Error');
    expect(statuses(await ended)).toEqual({ 'base/x86_64': 'failed', 'api/x86_64': 'reused' });
  });

  test('what stands on a parent that was marked bad is baked anew', async () => {
    await open({ images: CHAIN });
    await Promise.all([run.start(), succeedAll(2)]);
    await run.cloud.images.tag([await baseImage()], { [TAG.bad]: 'broken' });
    const [outcomes] = await Promise.all([run.start(), succeedAll(2)]);
    expect(statuses(outcomes)).toEqual({ 'base/x86_64': 'done', 'api/x86_64': 'done' });
    expect(statuses(await run.start())).toEqual({ 'base/x86_64': 'reused', 'api/x86_64': 'reused' });
  });

  test('as many at once as allowed', async () => {
    await open({ images: ['a', 'b', 'c'].map((name) => base(name)), options: { limits: { parallel: 1 } } });
    const ended = run.start();
    const first = await run.packer.next();
    expect(run.packer.invocations).toHaveLength(1);
    first.succeed();
    expect(await succeedAll(2)).toEqual(['acme/b/2026.11.20.1-x86_64', 'acme/c/2026.11.20.1-x86_64']);
    await ended;
  });

  test('the source AMI of an existing parent is told, not the one that is pinned now', async () => {
    await open({ images: CHAIN, plan: { images: [imageName('api')], parents: 'use-existing' } });
    const tags = { [TAG.sourceAmi]: amiId(9), [TAG.sourceName]: 'debian-12-older' };
    const parent = run.cloud.makeFinishedImage('acme/base/1-x86_64', 'b'.repeat(64) as Fingerprint, tags);
    const ended = run.start();
    const child = await run.packer.next();
    expect(child.request.variables.source_ami).toBe(parent);
    const imageId = child.succeed();
    await ended;
    expect(run.cloud.tags(imageId)).toMatchObject({ ...tags, [TAG.parent]: 'base/1' });
  });
});

describe('when a bake fails', () => {
  const images = [...CHAIN, service('sub', 'api'), base('other'), service('side', 'other')];
  const fails = (invocation: { readonly name: string }) => invocation.name.includes('/base/');
  /** Lets every build of so many succeed but those of base. */
  async function failBase(count: number) {
    const names: string[] = [];
    for (let n = 0; n < count; n++) {
      const invocation = await run.packer.next();
      names.push(invocation.name);
      if (fails(invocation)) invocation.fail('Error');
      else invocation.succeed();
    }
    return names;
  }

  test('stop: what runs is finished, nothing new is started', async () => {
    await open({ images, options: { onFailure: 'stop' } });
    const ended = run.start();
    const [first, second] = [await run.packer.next(), await run.packer.next()];
    (fails(first) ? first : second).fail('Error');
    await new Promise(setImmediate);
    (fails(first) ? second : first).succeed();
    const outcomes = await ended;
    expect(statuses(outcomes)).toEqual({
      'base/x86_64': 'failed',
      'api/x86_64': 'cancelled',
      'sub/x86_64': 'cancelled',
      'other/x86_64': 'done',
      'side/x86_64': 'cancelled',
    });
    expect(outcomes.get('side/x86_64')).toEqual({
      status: 'cancelled',
      because: 'nothing is started since base/x86_64 was not baked',
      culprit: 'base/x86_64',
    });
  });

  test('keep-going: what stands on it takes its newest good version, also further down', async () => {
    await open({ images, options: { onFailure: 'keep-going' } });
    const old = run.cloud.makeFinishedImage('acme/base/1-x86_64', 'b'.repeat(64) as Fingerprint);
    const [outcomes] = await Promise.all([run.start(), failBase(5)]);
    expect(statuses(outcomes)).toEqual({
      'base/x86_64': 'failed',
      'api/x86_64': 'done',
      'sub/x86_64': 'done',
      'other/x86_64': 'done',
      'side/x86_64': 'done',
    });
    const api = outcomes.get('api/x86_64');
    expect(run.cloud.tags(api?.status === 'done' ? api.imageId : '')).toMatchObject({
      [TAG.parent]: 'base/1',
      [TAG.parentAmi]: old,
    });
    expect(run.of('warning')).toMatchObject([
      {
        id: 'api/x86_64',
        warning: {
          code: 'parent-not-made',
          message: `it is baked on base 1 (${old}), since base/x86_64 was not baked`,
        },
      },
    ]);
    expect(run.cloud.temporary).toEqual([]);
  });

  test('keep-going once more: what was baked on the old version stays, and nothing is baked twice', async () => {
    await open({ images, options: { onFailure: 'keep-going' } });
    run.cloud.makeFinishedImage('acme/base/1-x86_64', 'b'.repeat(64) as Fingerprint);
    await Promise.all([run.start(), failBase(5)]);
    const [again, names] = await Promise.all([run.start(), failBase(1)]);
    expect(names).toEqual(['acme/base/2026.11.20.1-x86_64']);
    expect(statuses(again)).toEqual({
      'base/x86_64': 'failed',
      'api/x86_64': 'reused',
      'sub/x86_64': 'reused',
      'other/x86_64': 'reused',
      'side/x86_64': 'reused',
    });
  });

  test('keep-going without a good version: it is cancelled, and says that there is none', async () => {
    await open({ images, options: { onFailure: 'keep-going' } });
    const bad = run.cloud.makeFinishedImage('acme/base/1-x86_64', 'b'.repeat(64) as Fingerprint);
    await run.cloud.images.tag([bad], { [TAG.bad]: 'broken' });
    const [outcomes] = await Promise.all([run.start(), failBase(3)]);
    expect(outcomes.get('api/x86_64')).toEqual({
      status: 'cancelled',
      because: 'base/x86_64 was not baked, and base has no good version to stand on',
      culprit: 'base/x86_64',
    });
    expect(outcomes.get('sub/x86_64')).toMatchObject({ status: 'cancelled', culprit: 'base/x86_64' });
  });
});

describe('room', () => {
  test('for vCPUs: who takes too many waits', async () => {
    await open({ images: ['a', 'b', 'c'].map((name) => base(name)), options: { limits: { vcpus: 4 } } });
    const ended = run.start();
    const begun = [await run.packer.next(), await run.packer.next()].map(({ name }) => name).sort();
    expect(begun).toEqual(['acme/a/2026.11.20.1-x86_64', 'acme/b/2026.11.20.1-x86_64']);
    expect(run.packer.invocations).toHaveLength(2);
    for (const invocation of run.packer.invocations) invocation.succeed();
    await succeedAll(1);
    await ended;
  });
});

describe('another run has baked the very same image meanwhile', () => {
  /** Just before this run reserves, another one finishes what this one has planned. */
  async function overtaken(tags: Record<string, string>) {
    await open({ images: CHAIN });
    // The fingerprint that this run is about to bake: planned once, to know it.
    const planned = await BakeRun.open({ images: [BASE] });
    const [imageId] = [
      ...(await Promise.all([planned.start(), planned.packer.next().then((one) => one.succeed())]))[0].values(),
    ].map((outcome) => (outcome.status === 'done' ? outcome.imageId : ''));
    const fingerprint = planned.cloud.tags(imageId ?? '')[TAG.fingerprint] as Fingerprint;
    await planned[Symbol.asyncDispose]();
    run.cloud.before('reserve', () => run.cloud.makeFinishedImage('acme/base/2026.11.19.7-x86_64', fingerprint, tags));
  }

  test('it is reused, and the reservation is released', async () => {
    await overtaken({});
    const [outcomes, names] = await Promise.all([run.start(), succeedAll(1)]);
    expect(outcomes.get('base/x86_64')).toMatchObject({ status: 'reused', version: '2026.11.19.7' });
    expect(outcomes.get('api/x86_64')).toMatchObject({ status: 'done' });
    expect(names).toEqual(['acme/api/2026.11.20.1-x86_64']);
    expect(run.cloud.temporary).toEqual([]);
  });

  test('unless it was forced: our children would name another parent', async () => {
    await overtaken({ [TAG.nonce]: 'theirs' });
    const [outcomes] = await Promise.all([run.start(), succeedAll(2)]);
    expect(statuses(outcomes)).toEqual({ 'base/x86_64': 'done', 'api/x86_64': 'done' });
  });

  test('unless it is marked bad', async () => {
    await overtaken({ [TAG.bad]: 'broken' });
    const [outcomes] = await Promise.all([run.start(), succeedAll(2)]);
    expect(outcomes.get('base/x86_64')).toMatchObject({ status: 'done' });
  });
});

describe('two architectures', () => {
  const images = [base('base', { architectures: BOTH }), service('api', 'base', { architectures: BOTH })];

  test('of an image share its version, reserved at once', async () => {
    await open({ images: images.slice(0, 1) });
    const [outcomes] = await Promise.all([run.start(), succeedAll(2)]);
    expect([...outcomes.values()]).toMatchObject([{ version: '2026.11.20.1' }, { version: '2026.11.20.1' }]);
    expect(
      run
        .of('version-reserved')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['base/arm64', 'base/x86_64']);
    expect(run.cloud.temporary).toEqual([]);
  });

  test('one fails, and its child with it: the reservation made for both is released', async () => {
    await open({ images });
    const ended = run.start();
    const [one, two] = [await run.packer.next(), await run.packer.next()];
    for (const invocation of [one, two]) {
      if (invocation.name.endsWith('arm64')) invocation.fail('Error');
      else invocation.succeed();
    }
    expect((await succeedAll(1))[0]).toBe('acme/api/2026.11.20.1-x86_64');
    expect(statuses(await ended)).toEqual({
      'base/x86_64': 'done',
      'base/arm64': 'failed',
      'api/x86_64': 'done',
      'api/arm64': 'cancelled',
    });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('interrupted before the second has begun: its reservation is released too', async () => {
    await open({ images: images.slice(0, 1), options: { limits: { parallel: 1 } } });
    const ended = run.start();
    (await run.packer.next()).launch();
    run.interrupt(interrupted('SIGINT'));
    expect(statuses(await ended)).toEqual({ 'base/x86_64': 'cancelled', 'base/arm64': 'cancelled' });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('a reservation that cannot be released is told', async () => {
    await open({ images: images.slice(0, 1), options: { limits: { parallel: 1 } } });
    const ended = run.start();
    const first = await run.packer.next();
    run.cloud.failNext('release');
    run.interrupt(interrupted('SIGINT'));
    expect(first.request.signal.aborted).toBe(true);
    await ended;
    const message = 'the reservation bake/acme/base/2026.11.20.1-arm64 could not be released: release failed';
    expect(run.of('warning')).toMatchObject([{ id: 'base/arm64', warning: { code: 'leftovers', message } }]);
  });

  test('a reservation that fails fails both, once', async () => {
    await open({ images: images.slice(0, 1) });
    run.cloud.failNext('reserve');
    expect(statuses(await run.start())).toEqual({ 'base/x86_64': 'failed', 'base/arm64': 'failed' });
    expect(run.cloud.calls.filter((call) => call.startsWith('reserve'))).toHaveLength(1);
  });
});

test('a given version is for the images it was given for', async () => {
  const given = { value: version('1.4.2'), images: [imageName('api')] };
  await open({ images: CHAIN, options: { version: given } });
  const [outcomes] = await Promise.all([run.start(), succeedAll(2)]);
  expect(outcomes.get('base/x86_64')).toMatchObject({ version: '2026.11.20.1' });
  expect(outcomes.get('api/x86_64')).toMatchObject({ version: '1.4.2' });
});

test('a forced image has the nonce that its children were planned with', async () => {
  await open({ images: CHAIN, plan: { images: [imageName('base')], force: true } });
  const [outcomes] = await Promise.all([run.start(), succeedAll(1)]);
  const outcome = outcomes.get('base/x86_64');
  expect(run.cloud.tags(outcome?.status === 'done' ? outcome.imageId : '')).toMatchObject({ [TAG.nonce]: 'run-2' });
});
