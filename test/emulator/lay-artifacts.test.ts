import { chmod, copyFile, lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Artifact } from '../../src/model/artifact.ts';
import { artifactSums, artifactsFile, uploadedArtifact } from '../../src/render/artifacts.ts';
import { packageFile } from '../../src/setup/paths.ts';
import { artifact, sha256 } from '../helpers/builders.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';
import { inNamespace } from '../helpers/namespace.ts';

const RUN = packageFile('templates', 'provision', 'run.sh');
/** Of the machine, these are the test's. */
const OWN = { lib: '/var/lib', bin: '/mnt', uploads: '/var/tmp', opt: '/opt', tmp: '/tmp' } as const;
/** What it would do besides is not asked here. */
const OTHERS = ['neutral.py', 'guard.py', 'probe.py', 'record.py', 'hygiene.sh'];

/** Says who owns what, since others than root cannot give files away; `$ACCOUNTS` are the users and groups that there are. */
const PROGRAMS = {
  chown: '#!/bin/sh\necho "chown $1 $2" >>"$LOG"\n',
  id: '#!/bin/sh\ncase " $ACCOUNTS " in *" $2 "*) ;; *) exit 1 ;; esac\n',
  getent: '#!/bin/sh\ncase " $ACCOUNTS " in *" $2 "*) ;; *) exit 1 ;; esac\n',
  systemctl: '#!/bin/sh\n',
};

interface Uploaded {
  readonly artifact: Artifact;
  readonly content: string;
}

async function machine(folder: string, uploads: readonly Uploaded[]) {
  const build = join(folder, 'lib/bake-build');
  for (const name of Object.keys(OWN)) await mkdir(join(folder, name), { recursive: true });
  await mkdir(build);
  await copyFile(RUN, join(build, 'run.sh'));
  for (const name of OTHERS) await writeFile(join(build, name), '');
  for (const [name, script] of Object.entries(PROGRAMS)) {
    await writeFile(join(folder, 'bin', name), script);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  const artifacts = uploads.map((one) => one.artifact);
  await writeFile(join(folder, 'tmp/record-input.json'), '{}');
  await writeFile(join(build, 'artifacts'), artifactsFile(artifacts));
  await writeFile(join(build, 'artifacts.sums'), artifactSums(artifacts));
  for (const [index, { content }] of uploads.entries()) {
    await writeFile(join(folder, uploadedArtifact(index).replace('/var/tmp', 'uploads')), content, { mode: 0o600 });
  }
  const mounts = Object.entries(OWN).map(([own, at]) => `mount --bind "$1/${own}" ${at}`);
  const script = [...mounts, 'PATH="/mnt:$PATH" exec sh /var/lib/bake-build/run.sh "$2"'].join('; ');
  const run = async (verb: 'prepare' | 'finish', accounts: string) => {
    const [command = '', ...words] = [...inNamespace('--mount'), 'sh', '-euc', script, 'sh', folder, verb];
    const env = { ACCOUNTS: accounts, LOG: '/var/lib/log' };
    const { exitCode, stdout } = await execa(command, words, { reject: false, env });
    return { exitCode, stdout };
  };
  const owners = async () => (await readFile(join(folder, 'lib/log'), 'utf8').catch(() => '')).trimEnd().split('\n');
  return { run, owners };
}

const uploaded = (name: string, other: Partial<Artifact> = {}, content = `content of ${name}`): Uploaded => ({
  artifact: artifact(name, { sha256: sha256(`content of ${name}`), ...other }),
  content,
});

test('they are there before the first layer, with mode and owner, whatever their names are', async () => {
  await using folder = await temporaryFolder();
  const odd = '/opt/new dir/it\'s "$(x)" \\ ünï {{x}} -x';
  const { run, owners } = await machine(folder.path, [
    uploaded('a', { destination: odd, mode: '0640', owner: 'daemon', group: '33' }),
    uploaded('b', { mode: '0755' }),
  ]);
  await writeFile(join(folder.path, 'opt/b'), 'of the parent');
  expect(await run('prepare', 'root daemon')).toMatchObject({ exitCode: 0 });
  expect(await readFile(join(folder.path, odd), 'utf8')).toBe('content of a');
  expect((await lstat(join(folder.path, odd))).mode & 0o7777).toBe(0o640);
  expect((await lstat(join(folder.path, 'opt/new dir'))).mode & 0o7777).toBe(0o755);
  expect(await readFile(join(folder.path, 'opt/b'), 'utf8')).toBe('content of b');
  expect((await lstat(join(folder.path, 'opt/b'))).mode & 0o7777).toBe(0o755);
  expect(await owners()).toEqual([
    `chown root:root ${odd}`,
    `chown daemon:33 ${odd}`,
    'chown root:root /opt/b',
    'chown root:root /opt/b',
  ]);
});

test('one whose owner a layer makes gets it at the end, and only that one', async () => {
  await using folder = await temporaryFolder();
  const { run, owners } = await machine(folder.path, [
    uploaded('app', { owner: 'app', group: 'app', mode: '0600' }),
    uploaded('tools', { mode: '0644' }),
  ]);
  expect(await run('prepare', 'root')).toMatchObject({ exitCode: 0 });
  await chmod(join(folder.path, 'opt/tools'), 0o700);
  expect(await run('finish', 'root app')).toMatchObject({ exitCode: 0 });
  expect((await owners()).at(-1)).toBe('chown app:app /opt/app');
  expect((await lstat(join(folder.path, 'opt/tools'))).mode & 0o7777).toBe(0o700);
});

test('one that a script has unpacked and thrown away needs no owner any more', async () => {
  await using folder = await temporaryFolder();
  const { run } = await machine(folder.path, [uploaded('app', { owner: 'app' })]);
  await run('prepare', 'root');
  await execa('rm', [join(folder.path, 'opt/app')]);
  expect(await run('finish', 'root')).toMatchObject({ exitCode: 0 });
});

test('an owner that nobody has made fails the bake', async () => {
  await using folder = await temporaryFolder();
  const { run } = await machine(folder.path, [uploaded('tools'), uploaded('app', { owner: 'app' })]);
  await run('prepare', 'root');
  const { exitCode, stdout } = await run('finish', 'root');
  expect(exitCode).not.toBe(0);
  expect(stdout).toContain('::bake:: artifact 2 owner');
});

test('a link to a file is replaced, a folder is not', async () => {
  await using folder = await temporaryFolder();
  const { run } = await machine(folder.path, [uploaded('link'), uploaded('dir')]);
  await writeFile(join(folder.path, 'opt/other'), 'other');
  await symlink('other', join(folder.path, 'opt/link'));
  await mkdir(join(folder.path, 'opt/dir'));
  const { exitCode, stdout } = await run('prepare', 'root');
  expect(exitCode).not.toBe(0);
  expect(stdout).toContain('::bake:: artifact 2 folder');
  expect((await lstat(join(folder.path, 'opt/link'))).isSymbolicLink()).toBe(false);
  expect(await readFile(join(folder.path, 'opt/other'), 'utf8')).toBe('other');
});

test('what has not arrived whole is not laid', async () => {
  await using folder = await temporaryFolder();
  const { run } = await machine(folder.path, [uploaded('app', {}, 'content of')]);
  const { exitCode, stdout } = await run('prepare', 'root');
  expect(exitCode).not.toBe(0);
  expect(stdout).toContain('::bake:: artifact 1 content');
});
