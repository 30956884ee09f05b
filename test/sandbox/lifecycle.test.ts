import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sandboxDown, sandboxReset, sandboxStatus, sandboxUp } from '../../src/sandbox/sandbox.ts';
import { pidExists } from '../../src/setup/process-identity.ts';
import type { StepEvent } from '../../src/setup/steps.ts';
import { serve } from '../setup/local-server.ts';

const project = 'lifecycle';
const up = () => sandboxUp({ project, machines: 'none' });
let stateDir: string;

beforeEach(async () => {
  const data = await mkdtemp(join(tmpdir(), 'bake-data-'));
  vi.stubEnv('XDG_DATA_HOME', data);
  stateDir = join(data, 'bake', 'sandbox', project);
});

afterEach(async () => {
  await sandboxDown({ project });
  await rm(join(stateDir, '..', '..', '..'), { recursive: true });
  vi.unstubAllEnvs();
});

/** A server.json of a process that runs, but answers as a sandbox only if the endpoint does. */
async function claim(pid: number, endpoint: string): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  const content = { version: 1, pid, endpoint, sshPort: 2222, machines: 'none', accel: 'tcg', startedAt: '' };
  await writeFile(join(stateDir, 'server.json'), JSON.stringify(content));
}

describe('up', () => {
  it('starts one server for two calls at once, and leaves it when called again', async () => {
    const [one, two] = await Promise.all([up(), up()]);
    expect(one.pid).toBe(two.pid);
    expect([one.started, two.started].sort()).toEqual([false, true]);
    const again = await up();
    expect(again).toMatchObject({ pid: one.pid, endpoint: one.endpoint, started: false, stateDir });
  });

  it('reports its step with the endpoint', async () => {
    const events: StepEvent[] = [];
    const { endpoint } = await sandboxUp({ project, machines: 'none', onStep: (event) => events.push(event) });
    expect(events.at(-1)).toMatchObject({ step: 'sandbox', state: 'done', detail: `${endpoint}, no machines` });
  });

  it('keeps projects apart', async () => {
    const [one, other] = [await up(), await sandboxUp({ project: 'other', machines: 'none' })];
    expect(other.pid).not.toBe(one.pid);
    expect(other.endpoint).not.toBe(one.endpoint);
    await sandboxDown({ project: 'other' });
    expect(await sandboxStatus({ project })).toMatchObject({ pid: one.pid });
  });

  it('starts another server after one was killed', async () => {
    const killed = await up();
    process.kill(killed.pid, 'SIGKILL');
    await vi.waitUntil(() => !pidExists(killed.pid));
    const next = await up();
    expect(next).toMatchObject({ started: true });
    expect(next.pid).not.toBe(killed.pid);
  });

  it('does not believe a server.json whose pid and port others have now', async () => {
    await using stranger = await serve({ '/_bake/status': '<html>' });
    await claim(process.pid, stranger.url);
    expect(await sandboxStatus({ project })).toBeUndefined();
    expect(await up()).toMatchObject({ started: true });
    expect(stranger.requests).toContain('/_bake/status');
  });

  it('refuses to pass a sandbox without machines for one with them', async () => {
    await up();
    await expect(sandboxUp({ project, machines: 'qemu' })).rejects.toMatchObject({ code: 'sandbox-without-machines' });
    expect(await sandboxUp({ project })).toMatchObject({ machines: 'none', started: false });
  });

  it('remembers over a restart that it has no machines', async () => {
    await up();
    await sandboxDown({ project });
    expect(await sandboxUp({ project })).toMatchObject({ machines: 'none', started: true });
  });

  it('shows the end of the log of a server that does not start', async () => {
    await mkdir(stateDir, { recursive: true });
    await writeFile(join(stateDir, 'disks'), 'not a folder');
    await expect(up()).rejects.toMatchObject({
      code: 'sandbox-failed',
      details: expect.arrayContaining([expect.stringContaining('disks')]),
      hint: expect.stringContaining(join(stateDir, 'server.log')),
    });
  });

  it('leaves no server when it is interrupted', async () => {
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    const onStep = ({ step }: StepEvent) => step === 'sandbox' && setTimeout(() => stop.abort(reason), 100);
    await expect(sandboxUp({ project, machines: 'none', onStep, signal: stop.signal })).rejects.toBe(reason);
    await vi.waitUntil(() => !existsSync(join(stateDir, 'server.json')), { timeout: 20_000 });
    expect(await sandboxStatus({ project })).toBeUndefined();
  });

  it('outlives the command that started it', async () => {
    const script = join(stateDir, '..', 'up.ts');
    await mkdir(join(stateDir, '..'), { recursive: true });
    const module = join(import.meta.dirname, '..', '..', 'src', 'sandbox', 'sandbox.ts');
    await writeFile(
      script,
      `import { sandboxUp } from '${module}';\nawait sandboxUp({ project: '${project}', machines: 'none' });\n`,
    );
    await execa('jiti', [script], { preferLocal: true, localDir: import.meta.dirname });
    expect(await up()).toMatchObject({ started: false });
  });
});

describe('down', () => {
  it('stops the server, once', async () => {
    const { pid } = await up();
    expect(await sandboxDown({ project })).toBe(true);
    expect(pidExists(pid)).toBe(false);
    expect(await sandboxDown({ project })).toBe(false);
    expect(await sandboxStatus({ project })).toBeUndefined();
  });
});

describe('reset', () => {
  it('leaves a sandbox that is up running, and empty', async () => {
    const { pid } = await up();
    await sandboxReset({ project });
    expect(await sandboxStatus({ project })).toMatchObject({ pid, instances: [], disksBytes: 0 });
  });

  it('removes what one that is down keeps', async () => {
    await mkdir(join(stateDir, 'state'), { recursive: true });
    await writeFile(join(stateDir, 'state', 'unreadable'), '');
    await sandboxReset({ project });
    expect(existsSync(join(stateDir, 'state'))).toBe(false);
  });
});

it('offers Debian 12 for both architectures', async () => {
  await up();
  const { version, images } = JSON.parse(await readFile(join(stateDir, 'images.json'), 'utf8'));
  expect(version).toBe(1);
  expect(images).toMatchObject([
    { name: 'debian-12-amd64-20260101-0000', owner: '136693071363', architecture: 'x86_64', disk: null },
    { name: 'debian-12-arm64-20260101-0000', owner: '136693071363', architecture: 'arm64', disk: null },
  ]);
});
