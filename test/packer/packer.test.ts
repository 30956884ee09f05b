import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPacker } from '../../src/packer/packer.ts';
import { capabilitiesOfFound } from '../../src/packer/preflight.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';
import { fakePackerPath, packerRequest } from '../helpers/packer-request.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const packer = (name: string, graceMs = 60_000, init = false) =>
  createPacker({ executable: fakePackerPath(name), graceMs, init });
const read = (name: string) => readFile(join(folder.path, name), 'utf8');

/** What has become of the temporary folder that the last Packer ran with. */
async function scratchFolder(): Promise<'gone' | 'still there'> {
  const path = (await read('env.txt')).match(/^TMPDIR=(.*bake-packer-.*)$/m)?.[1];
  if (path === undefined) throw new Error('Packer had no temporary folder of its own');
  return access(path).then(
    () => 'still there',
    () => 'gone',
  );
}

describe('a build', () => {
  test('that writes a manifest has made its AMI', async () => {
    const { request, messages } = packerRequest(folder.path);
    expect(await packer('builds').build(request)).toEqual({ status: 'done', imageId: 'ami-0f07c0a17abb79be8' });
    expect(messages).toEqual(
      expect.arrayContaining([
        { kind: 'say', text: 'Launching a source AWS instance...', progress: { kind: 'stage', stage: 'launch' } },
        { kind: 'message', text: '::bake:: start 1', internal: true, progress: { kind: 'step-started', number: 1 } },
        { kind: 'message', text: 'noise on standard error' },
      ]),
    );
  });

  test('lists what it has made once, though its manifest lists it again', async () => {
    const { request, messages } = packerRequest(folder.path);
    await packer('builds').build(request);
    expect(messages.map(({ text }) => text).filter((text) => /AMIs were|: ami-/.test(text))).toEqual([
      'AMIs were created:',
      'eu-central-1: ami-0f07c0a17abb79be8',
    ]);
  });

  test('gets its variables in a file that nobody else reads, and no secret in its arguments', async () => {
    vi.stubEnv('PKR_VAR_ami_name', 'of the caller');
    const { request } = packerRequest(folder.path, { env: { AWS_SECRET_ACCESS_KEY: 'hush' } });
    await packer('builds').build(request);
    const variables = join(folder.path, 'run.pkrvars.json');
    expect((await read('args.txt')).split('\n')).toEqual([
      'build',
      '-machine-readable',
      '-on-error=cleanup',
      `-var-file=${variables}`,
      '.',
      '',
    ]);
    expect(JSON.parse(await read('run.pkrvars.json'))).toEqual({ ami_name: 'acme/base/1-x86_64' });
    expect(await read('env.txt')).toContain('AWS_SECRET_ACCESS_KEY=hush\n');
    expect(await read('env.txt')).not.toContain('PKR_VAR_');
    expect(await scratchFolder()).toBe('gone');
    vi.unstubAllEnvs();
  });

  test('keeps its machine when asked to', async () => {
    await packer('builds').build(packerRequest(folder.path, { keepOnError: true }).request);
    expect(await read('args.txt')).toContain('-on-error=abort\n');
  });

  test.each(['no-artifact', 'garbage'])('that ends well without an AMI has failed: %s', async (name) => {
    expect(await packer(name).build(packerRequest(folder.path).request)).toMatchObject({
      status: 'failed',
      exitCode: 0,
      reason: 'Packer ended without an error and without an AMI in its manifest',
    });
  });

  test('that fails gives its verdict first, then the last errors on the way', async () => {
    const outcome = await packer('fails').build(packerRequest(folder.path).request);
    expect(outcome).toMatchObject({ status: 'failed', exitCode: 1 });
    const errors = outcome.status === 'failed' ? outcome.errors : [];
    expect(errors[0]).toBe('Script exited with non-zero exit status: 3');
    expect(errors).toContain('warning 60');
    expect(errors).not.toContain('warning 1');
    expect(errors.length).toBeLessThan(50);
  });

  test('by a program that is not there has failed', async () => {
    const missing = createPacker({ executable: '/nonexistent/packer', graceMs: 1, init: false });
    expect(await missing.build(packerRequest(folder.path).request)).toMatchObject({
      status: 'failed',
      exitCode: undefined,
      reason: expect.stringContaining('ENOENT'),
    });
  });
});

describe('init', () => {
  test('that fails says so, and nothing is built', async () => {
    const outcome = await packer('init-fails', 1, true).build(packerRequest(folder.path).request);
    expect(outcome).toEqual({
      status: 'failed',
      exitCode: 1,
      reason: 'packer init could not install the plugins',
      errors: [
        'packer init could not install the plugins',
        'Failed getting the "github.com/hashicorp/amazon" plugin: no route to host',
      ],
    });
  });

  test('that goes well is followed by the build', async () => {
    expect(await packer('builds', 1, true).build(packerRequest(folder.path).request)).toMatchObject({ status: 'done' });
    expect(await read('args.txt')).toMatch(/^build\n/);
  });
});

describe('cancelled', () => {
  test('before it starts, it does not start', async () => {
    const { request } = packerRequest(folder.path, { signal: AbortSignal.abort() });
    expect(await packer('builds').build(request)).toEqual({ status: 'cancelled' });
    await expect(read('args.txt')).rejects.toThrow('ENOENT');
  });

  test('and deaf, it is killed with all its processes once its time is up', async () => {
    const stop = new AbortController();
    const { request } = packerRequest(folder.path, { signal: stop.signal, onMessage: () => stop.abort() });
    expect(await packer('hangs', 50).build(request)).toEqual({ status: 'cancelled' });
    for (const pid of (await read('pids.txt')).trim().split(' ')) {
      // Killed, and at most not yet waited for by its new parent.
      const state = async () => (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')).split(') ')[1]?.[0];
      await expect.poll(state).toBe('Z');
    }
    expect(await scratchFolder()).toBe('gone');
  });
});

describe('Packer as it was found', () => {
  test('has the capabilities of its version', () => {
    expect(capabilitiesOfFound({ path: '/bin/packer', version: '1.6.6' })).toMatchObject({ requiredPlugins: false });
  });

  test('is refused where it is too old', () => {
    const found = { path: '/bin/packer', version: '1.6.5' };
    expect(() => capabilitiesOfFound(found)).toThrow(
      expect.objectContaining({ code: 'packer-too-old', blame: 'tool' }),
    );
  });
});
