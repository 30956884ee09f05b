import { beforeEach, describe, expect, test } from 'vitest';
import type { BakeError } from '../../../src/model/errors.ts';
import type { AccountId, ChannelName } from '../../../src/model/ids.ts';
import type { RunOwner } from '../../../src/model/run-owner.ts';
import type { Processes } from '../../../src/run/processes.ts';
import type { LeaseRequest } from '../../../src/run/promote-effects.ts';
import { createLeases } from '../../../src/run/state/leases.ts';
import { imageName, PROJECT, REGION } from '../../helpers/builders.ts';
import { FakeBucket } from '../../helpers/fake-bucket.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const KEY = 'leases/prod/api.json';
const PROD = 'prod' as ChannelName;
const API = imageName('api');
const NOBODY: Processes = { here: undefined, isAlive: () => false };

let clock: FakeClock;
let bucket: FakeBucket;
beforeEach(() => {
  clock = new FakeClock();
  bucket = new FakeBucket(clock.now);
});

function owner(run: string, other: Partial<RunOwner> = {}): RunOwner {
  return { run, host: 'ci-7', user: 'alice', pid: 42, ...other };
}

function leases(run: string, processes = NOBODY, other: Partial<RunOwner> = {}) {
  const of = { target: { account: '111122223333' as AccountId, region: REGION }, bucket: 'acme-state' };
  const place = { project: PROJECT, of, prefix: '', bucket: bucket.effects };
  return createLeases({ place, owner: owner(run, other), processes, clock, life: 60 });
}

const acquire = (run: string, request: Partial<LeaseRequest> = {}, processes?: Processes) =>
  leases(run, processes).acquire(PROD, API, { signal: new AbortController().signal, ...request });

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: BakeError) => error.code,
  );

describe('a lease', () => {
  test('is held by one, who says who they are and since when', async () => {
    await acquire('first');
    expect(bucket.json(KEY)).toMatchObject({ version: 1, owner: owner('first'), released: false });
    const refused = await acquire('second').catch((error: BakeError) => error);
    expect(refused).toMatchObject({
      code: 'lease-held',
      message: 'alice on ci-7 has been promoting api to prod since 2026-11-20T12:00:00.900Z (run first, process 42)',
      hint: expect.stringContaining('--wait'),
    });
  });

  test('goes to one of many who ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, (_, n) => codeOf(acquire(`run-${n}`))));
    expect(all.sort()).toEqual(['done', ...Array.from({ length: 7 }, () => 'lease-held')]);
  });

  test('is for one image and channel', async () => {
    const { signal } = new AbortController();
    await acquire('first');
    await leases('second').acquire(PROD, imageName('worker'), { signal });
    await leases('third').acquire('staging' as ChannelName, API, { signal });
    expect([...bucket.objects.keys()]).toEqual([KEY, 'leases/prod/worker.json', 'leases/staging/api.json']);
  });

  test('is free again when it is released', async () => {
    const lease = await acquire('first');
    await lease.release();
    expect(bucket.json(KEY)).toMatchObject({ owner: owner('first'), released: true });
    expect(lease.signal.aborted).toBe(false);
    expect(await codeOf(acquire('second'))).toBe('done');
  });

  test('lasts by its heartbeat', async () => {
    const lease = await acquire('first');
    await clock.pass(600);
    expect(lease.signal.aborted).toBe(false);
    expect(await codeOf(acquire('second'))).toBe('lease-held');
    await expect(lease.require(30)).resolves.toBeUndefined();
  });
});

describe('of a run that is dead', () => {
  test('it is taken over when it has ended, by the clock of S3, and not before', async () => {
    // This machine's clock is an hour ahead, and later an hour behind.
    bucket.ahead = -3_600_000;
    const dead = await acquire('dead');
    await dead.release();
    bucket.put({ key: KEY, content: Buffer.from(JSON.stringify({ ...bucket.json(KEY), released: false })) });
    await clock.pass(60);
    expect(await codeOf(acquire('early'))).toBe('lease-held');
    await clock.pass(5);
    expect(await codeOf(acquire('next'))).toBe('done');
    expect(bucket.json(KEY)).toMatchObject({ owner: { run: 'next' } });
  });

  test('goes to one of many who wait for its end', async () => {
    const dead = await acquire('dead');
    await dead.release();
    bucket.put({ key: KEY, content: Buffer.from(JSON.stringify({ ...bucket.json(KEY), released: false })) });
    const all = Promise.all(Array.from({ length: 8 }, (_, n) => codeOf(acquire(`run-${n}`, { wait: 90 }))));
    await clock.pass(300);
    expect((await all).sort()).toEqual(['done', ...Array.from({ length: 7 }, () => 'lease-held')]);
  });

  test('on this very machine it need not be waited for', async () => {
    const { signal } = new AbortController();
    const processes = (alive: boolean): Processes => ({ here: 'boot-1', isAlive: () => alive });
    await leases('killed', NOBODY, { processes: 'boot-1' }).acquire(PROD, API, { signal });
    expect(await codeOf(acquire('second', {}, processes(true)))).toBe('lease-held');
    expect(await codeOf(acquire('third', {}, { here: 'boot-2', isAlive: () => false }))).toBe('lease-held');
    expect(await codeOf(acquire('fourth', {}, processes(false)))).toBe('done');
  });
});

describe('who waits', () => {
  test('gets it when it is released, and is told once whom they wait for', async () => {
    const lease = await acquire('first');
    const told: unknown[] = [];
    const waiting = acquire('second', { wait: 600, onHeld: ({ user, host }, since) => told.push([user, host, since]) });
    await clock.pass(100);
    await lease.release();
    await clock.pass(10);
    await expect(waiting).resolves.toBeDefined();
    expect(told).toEqual([['alice', 'ci-7', '2026-11-20T12:00:00.900Z']]);
  });

  test('waits no longer than they said', async () => {
    await acquire('first');
    const waiting = codeOf(acquire('second', { wait: 20 }));
    await clock.pass(20);
    expect(await waiting).toBe('lease-held');
  });

  test('may be stopped', async () => {
    await acquire('first');
    const stop = new AbortController();
    const waiting = acquire('second', { wait: 600, signal: stop.signal }).catch((error: Error) => error.message);
    await clock.pass(1);
    stop.abort(new Error('stopped by SIGINT'));
    expect(await waiting).toBe('stopped by SIGINT');
  });
});

describe('is lost', () => {
  test('when somebody else has it, and everything under it is stopped', async () => {
    const lease = await acquire('first');
    bucket.objects.delete(KEY);
    await acquire('second');
    await clock.pass(25);
    expect(lease.signal.reason).toMatchObject({
      code: 'lease-lost',
      message: expect.stringContaining('taken it over'),
    });
    expect(await codeOf(lease.require(1))).toBe('lease-lost');
    await lease.release();
    expect(bucket.json(KEY)).toMatchObject({ owner: { run: 'second' }, released: false });
  });

  test('when the bucket does not answer until it ends, though a call hangs', async () => {
    const lease = await acquire('first');
    bucket.before = () => new Promise(() => {});
    await clock.pass(59);
    expect(lease.signal.aborted).toBe(false);
    await clock.pass(1);
    expect(lease.signal.reason).toMatchObject({ code: 'lease-lost' });
  });

  test('not by a heartbeat that fails, while the next gets through', async () => {
    const lease = await acquire('first');
    let failures = 0;
    bucket.before = (call) => {
      if (call === 'writeOver' && failures++ === 0) throw new Error('socket hang up');
    };
    await clock.pass(200);
    expect(lease.signal.aborted).toBe(false);
    expect(await codeOf(acquire('second'))).toBe('lease-held');
  });

  test('not by answers that are lost, of a heartbeat or of the release', async () => {
    const lease = await acquire('first');
    bucket.loseAnswer = true;
    await clock.pass(20);
    await clock.pass(40);
    expect(lease.signal.aborted).toBe(false);
    bucket.loseAnswer = true;
    await clock.pass(20);
    await lease.release();
    expect(await codeOf(acquire('second'))).toBe('done');
  });
});

test('is renewed for who needs it for longer, and refused where it would not last', async () => {
  const lease = await acquire('first');
  await clock.pass(15);
  await lease.require(50);
  expect(bucket.json(KEY).expiresAt).toBe('2026-11-20T12:01:15.900Z');
  expect(await codeOf(lease.require(61))).toBe('lease-lost');
  bucket.before = () => {
    throw new Error('socket hang up');
  };
  await clock.pass(30);
  await lease.require(25);
  expect(await codeOf(lease.require(35))).toBe('lease-lost');
});

test.each([
  ['of a newer bake', '{"version":2}', 'A newer bake wrote it'],
  ['that is none', 'nonsense', 'or delete it'],
  ['cut short', '{"version":1,"id":"x"}', 'or delete it'],
])('a file %s is refused, and says what to do', async (_, text, hint) => {
  bucket.put({ key: KEY, content: Buffer.from(text) });
  const error = await acquire('first').catch((thrown: BakeError) => thrown);
  expect(error).toMatchObject({ code: 'state-unreadable', hint: expect.stringContaining(hint) });
});
