import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createRegionBucket } from '../../../src/aws/region-bucket.ts';
import { type RelayedCall, relay, type Verdict } from '../../helpers/relay.ts';
import { SandboxServer, until } from '../../helpers/sandbox-server.ts';

const KEY = { Bucket: 'leases', Key: 'leases/prod/api.json' };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

let server: SandboxServer;
let s3: S3Client;
beforeAll(async () => {
  server = await SandboxServer.start();
  s3 = new S3Client({ region: 'us-east-1', endpoint: server.endpoint, credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: KEY.Bucket }));
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(async () => {
  for (const holder of holders.splice(0)) await holder.kill();
  await s3.send(new DeleteObjectCommand(KEY));
});

const holders: Holder[] = [];

interface Options {
  readonly endpoint?: string;
  /** Seconds. */
  readonly life?: number;
  readonly wait?: number;
  readonly processes?: string;
  readonly alive?: boolean;
}

/** A process that asks for the lease, and holds it when it gets it. */
class Holder {
  readonly child: ChildProcess;
  said = '';

  constructor(run: string, { endpoint = server.endpoint, life = 60, wait = 0, ...rest }: Options = {}) {
    const given = { endpoint, run, life, wait, ...rest };
    const script = join(import.meta.dirname, '../../helpers/hold-lease.mjs');
    this.child = spawn(process.execPath, [script, JSON.stringify(given)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    holders.push(this);
  }

  async says(): Promise<string> {
    return until(async () => this.said.trim().split('\n')[0] || undefined, 60_000);
  }

  async release(): Promise<string> {
    const closed = once(this.child, 'close');
    this.child.stdin?.end();
    await closed;
    return this.said;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

async function inBucket(): Promise<Record<string, unknown>> {
  const { Body } = await s3.send(new GetObjectCommand(KEY));
  return JSON.parse((await Body?.transformToString()) ?? '') as Record<string, unknown>;
}

it('goes to one of several processes, and to the next when it is released', async () => {
  const racing = ['a', 'b', 'c'].map((run) => new Holder(run));
  const said = await Promise.all(racing.map((holder) => holder.says()));
  expect([...said].sort()).toEqual(['held', 'lease-held', 'lease-held']);
  const first = racing[said.indexOf('held')];
  const waiting = new Holder('d', { wait: 60 });
  expect(await first?.release()).toBe('held\nreleased\n');
  expect(await waiting.says()).toBe('held');
  expect(await inBucket()).toMatchObject({ owner: { run: 'd' }, released: false });
});

it('of a process that was killed goes to one of those who wait, when it has ended', async () => {
  const dead = new Holder('dead', { life: 3 });
  expect(await dead.says()).toBe('held');
  await dead.kill();
  const { expiresAt } = await inBucket();
  const racing = ['e', 'f'].map((run) => new Holder(run, { wait: 20 }));
  const winner = await Promise.race(
    racing.map(async (holder) => ((await holder.says()) === 'held' ? holder : undefined)),
  );
  expect(Date.now()).toBeGreaterThan(Date.parse(String(expiresAt)));
  expect(racing.map(({ said }) => said).sort()).toEqual(['', 'held\n']);
  expect(await winner?.release()).toBe('held\nreleased\n');
  expect(await Promise.all(racing.map((holder) => holder.says()))).toEqual(['held', 'held']);
});

it('of a process that was killed on this very machine goes to the next at once', async () => {
  const dead = new Holder('dead', { processes: 'boot-1' });
  expect(await dead.says()).toBe('held');
  await dead.kill();
  expect(await new Holder('other', { processes: 'boot-2', alive: false }).says()).toBe('lease-held');
  expect(await new Holder('same', { processes: 'boot-1', alive: false }).says()).toBe('held');
});

/** Cuts the connection before every answer to a write that `lost` picks, by its number from 1. */
function losing(lost: (write: number) => boolean) {
  let writes = 0;
  const after = (call: RelayedCall): Verdict => {
    if (!call.writes) return 'go';
    writes += 1;
    return lost(writes) ? 'cut' : 'go';
  };
  return { after, writes: () => writes };
}

it('is had although the answer was lost, and lasts and ends although others are', async () => {
  const weather = losing((write) => write % 2 === 1);
  await using between = await relay(server.endpoint, weather);
  const holder = new Holder('first', { endpoint: between.url, life: 6 });
  expect(await holder.says()).toBe('held');
  // For longer than it lasts by itself.
  const { acquiredAt } = await inBucket();
  await until(
    async () => Date.parse(String((await inBucket()).expiresAt)) > Date.parse(String(acquiredAt)) + 13_000,
    60_000,
  );
  expect(await new Holder('second').says()).toBe('lease-held');
  expect(await holder.release()).toBe('held\nreleased\n');
  expect(await inBucket()).toMatchObject({ owner: { run: 'first' }, released: true });
  expect(weather.writes()).toBeGreaterThan(5);
});

it('is lost when the bucket is silent until it ends', async () => {
  let silent = false;
  await using between = await relay(server.endpoint, {
    before: async () => (silent ? new Promise<Verdict>(() => {}) : 'go'),
  });
  const holder = new Holder('first', { endpoint: between.url, life: 3 });
  expect(await holder.says()).toBe('held');
  silent = true;
  await until(async () => holder.said.includes('lost'), 60_000);
  expect(await new Holder('second', { wait: 30 }).says()).toBe('held');
});

it('is judged by the clock of S3, as its answers tell it', async () => {
  const of = { target: { account: '123456789012', region: 'us-east-1' } as never, bucket: 'leases' };
  const bucket = createRegionBucket(
    { region: 'us-east-1', endpoint: server.endpoint, credentials },
    { ...of, tags: {} },
  );
  // Also from an answer that says that there is nothing.
  expect(await bucket.read('nothing')).toBeUndefined();
  const { earliest, latest } = bucket.time();
  const now = Date.now();
  expect(earliest).toBeLessThanOrEqual(now);
  expect(latest).toBeGreaterThanOrEqual(now);
  expect(latest - earliest).toBeGreaterThanOrEqual(1000);
});
