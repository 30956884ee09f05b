import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());

/** The sandbox's emulator, but as any other endpoint: with a lock file. */
const asAws = () => ({ AWS_ENDPOINT_URL: sandbox.endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });

it('pins source AMIs with update, and looks none up with --frozen', async () => {
  await using project = await sandbox.project();
  const early = await project.bake(['plan', '--frozen'], asAws());
  expect(early.code).toBe(1);
  expect(early.stderr).toMatch(/^Error: the lock file does not pin debian:12 on x86_64 in us-east-1/);
  expect(early.stderr).toMatch(/→ .*bake update/);

  const update = await project.bake(['update', '--json'], asAws());
  expect(JSON.parse(update.stdout)).toMatchObject({ version: 1, written: true, changes: [{ source: 'debian:12' }] });
  const lock = await project.read('bake.lock.json');
  expect(JSON.parse(lock)).toMatchObject({ version: 1 });
  expect(lock).toMatch(/"ami-[0-9a-f]{17}"/);

  const frozen = await project.bake(['plan', '--frozen'], asAws());
  expect(frozen).toMatchObject({ code: 0, stdout: expect.stringContaining('2 to bake, 0 to reuse') });
  expect((await project.bake(['update'], asAws())).stdout).toContain('names the newest source AMIs already');
  expect(await project.read('bake.lock.json')).toBe(lock);
});

it('gives the change as a patch, and says by its exit code that there is one', async () => {
  await using project = await sandbox.project();
  const git = (...args: readonly string[]) => execa('git', args, { cwd: project.root });
  await git('init', '--quiet');
  const patchOf = (...options: string[]) =>
    project.bake(['update', '--dry-run', '--diff', '--exit-code', ...options], asAws());
  const apply = async (patch: string) => {
    await writeFile(join(project.root, 'lock.patch'), patch);
    await git('apply', 'lock.patch');
  };

  const fresh = await patchOf();
  expect(fresh).toMatchObject({ code: 4, stdout: expect.stringMatching(/^diff --git a\/project\/bake.lock.json /) });
  await apply(fresh.stdout);
  const lock = await project.read('bake.lock.json');
  expect(await patchOf()).toMatchObject({ code: 0, stdout: '' });
  expect((await project.bake(['plan', '--frozen'], asAws())).code).toBe(0);

  const id = /ami-[0-9a-f]{17}/.exec(lock)?.[0] ?? '';
  await project.write('bake.lock.json', lock.replace(id, 'ami-0123456789abcdef0'));
  const moved = await patchOf('--patch', 'moved.patch');
  expect(moved.code).toBe(4);
  expect(
    moved.stdout
      .split('\n')
      .filter((line) => /^[-+] /.test(line))
      .map((line) => line.trim()),
  ).toEqual([
    expect.stringContaining('"imageId": "ami-0123456789abcdef0"'),
    expect.stringContaining(`"imageId": "${id}"`),
  ]);
  expect(await project.read('moved.patch')).toBe(moved.stdout);
  await apply(moved.stdout);
  expect(await project.read('bake.lock.json')).toBe(lock);
});

it('writes no lock file when the patch cannot be written', async () => {
  await using project = await sandbox.project();
  await mkdir(join(project.dir, 'folder'));
  const { code, stderr } = await project.bake(['update', '--patch', 'folder'], asAws());
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Error: .*folder/);
  await expect(project.read('bake.lock.json')).rejects.toThrow('ENOENT');
});

it.each(['plan', 'base --dry-run', 'update --dry-run'])('pins nothing with %s', async (args) => {
  await using project = await sandbox.project();
  expect(await project.bake(args.split(' '), asAws())).toMatchObject({ code: 0 });
  await expect(project.read('bake.lock.json')).rejects.toThrow('ENOENT');
});

it('keeps the ids of the sandbox out of the lock file', async () => {
  await using project = await sandbox.project();
  // It has the one of this machine, so there is nothing to insist on.
  expect(await project.bake(['plan', '--frozen', '--sandbox'])).toMatchObject({ code: 0 });
  expect(await project.bake(['base', '--sandbox'])).toMatchObject({ code: 0 });
  expect(await project.bake(['update', '--sandbox'])).toMatchObject({ code: 2 });
  await expect(project.read('bake.lock.json')).rejects.toThrow('ENOENT');
});
