import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { BakeRecord } from '../../src/model/record.ts';
import { packageChanges } from '../../src/plan/compare-records.ts';
import { comparePackageVersions } from '../../src/plan/package-versions.ts';
import { ensureVenv } from '../../src/setup/venv.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';

const templates = join(import.meta.dirname, '../../templates');

/** What a builder has in its work folder, as far as the record needs it. */
const PROGRAMS = ['provision/record.py', 'try/probe_settings.py', 'try/probe_reading.py'];

/** A folder in which a real dpkg installs real packages, with the record's program beside it. */
class Packages implements AsyncDisposable {
  private readonly folder: Awaited<ReturnType<typeof temporaryFolder>>;

  private constructor(folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    this.folder = folder;
  }

  static async create(): Promise<Packages> {
    const packages = new Packages(await temporaryFolder());
    await mkdir(packages.path('root/var/lib/dpkg/updates'), { recursive: true });
    await mkdir(packages.path('root/var/lib/dpkg/info'));
    await writeFile(packages.path('root/var/lib/dpkg/status'), '');
    await mkdir(packages.path('work'));
    for (const program of PROGRAMS) await cp(join(templates, program), packages.path('work', basename(program)));
    await writeFile(packages.path('work/accepted.json'), '[]');
    await writeFile(packages.path('work/baked.json'), '{}');
    await writeFile(packages.path('work/given.json'), '{"version":1,"inputs":{}}');
    return packages;
  }

  async install(name: string, version: string): Promise<void> {
    const dir = this.path('made', `${name}-${version.replace(':', '-')}`);
    await mkdir(join(dir, 'DEBIAN'), { recursive: true });
    const control = {
      Package: name,
      Version: version,
      Architecture: 'all',
      Maintainer: 'a@example.com',
      Description: 'x',
    };
    const lines = Object.entries(control).map(([key, value]) => `${key}: ${value}\n`);
    await writeFile(join(dir, 'DEBIAN/control'), lines.join(''));
    await execa('dpkg-deb', ['--build', dir, `${dir}.deb`]);
    await this.dpkg(['--install', `${dir}.deb`]);
  }

  async dpkg(args: readonly string[], input?: string): Promise<void> {
    const options = [
      '--force-not-root',
      '--force-bad-path',
      `--root=${this.path('root')}`,
      `--log=${this.path('log')}`,
    ];
    await execa('dpkg', [...options, ...args], input === undefined ? {} : { input });
  }

  async record(): Promise<BakeRecord> {
    const [work, file] = [this.path('work'), this.path('record.json')];
    const env = { DPKG_ADMINDIR: this.path('root/var/lib/dpkg'), PYTHONDONTWRITEBYTECODE: '1' };
    await execa(await ensureVenv(), [join(work, 'record.py'), work, join(work, 'given.json'), file], { env });
    return JSON.parse(await readFile(file, 'utf8'));
  }

  path(...parts: readonly string[]): string {
    return join(this.folder.path, ...parts);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.folder[Symbol.asyncDispose]();
  }
}

test('records of two bakes tell what dpkg has added, removed, upgraded and put back', async () => {
  await using machine = await Packages.create();
  await machine.install('stays', '1.0-1');
  await machine.install('held', '1:2.0-1');
  await machine.install('openssl', '3.0.17-1~deb12u2');
  await machine.install('kernel', '6.1.9-1');
  await machine.install('leaves', '1.0');
  await machine.dpkg(['--set-selections'], 'held hold\n');
  const before = (await machine.record()).machine?.packages ?? {};
  expect(before).toEqual({
    held: '1:2.0-1',
    kernel: '6.1.9-1',
    leaves: '1.0',
    openssl: '3.0.17-1~deb12u2',
    stays: '1.0-1',
  });

  await machine.install('openssl', '3.0.17-1~deb12u3');
  await machine.install('kernel', '6.1.10-1');
  await machine.install('held', '2.9-1');
  await machine.install('comes', '0.1');
  await machine.dpkg(['--remove', 'leaves']);
  const after = (await machine.record()).machine?.packages ?? {};
  expect(packageChanges(before, after)).toEqual([
    { name: 'comes', change: 'added', to: '0.1' },
    { name: 'held', change: 'downgraded', from: '1:2.0-1', to: '2.9-1' },
    { name: 'kernel', change: 'upgraded', from: '6.1.9-1', to: '6.1.10-1' },
    { name: 'leaves', change: 'removed', from: '1.0' },
    { name: 'openssl', change: 'upgraded', from: '3.0.17-1~deb12u2', to: '3.0.17-1~deb12u3' },
  ]);
});

test('a removed package whose configuration stays is not installed', async () => {
  await using machine = await Packages.create();
  const status =
    'Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: x\n';
  await writeFile(machine.path('root/var/lib/dpkg/status'), status);
  expect((await machine.record()).machine?.packages).toEqual({});
});

test('versions are ordered as dpkg orders them', async () => {
  const versions = [
    ...['0', '1', '1.0', '1.0-0', '1.0-1', '1.0-1+b1', '1.0-1~bpo1', '1.0~', '1.0~~', '1.0~rc1', '1.0~rc1-1', '1.0a'],
    ...['1.0+dfsg', '1.0+dfsg-1', '1.01', '1.00', '1.10', '1.9', '1:0.1', '2:0', '1.0-10', '1.0-9', '1.0.1', '1.0-1.1'],
    ...['1.0.a', '1.0A', '1.0-1ubuntu1', '1.0-1deb12u1', '20230311', '9.2p1-2+deb12u3', '1.2-3-4', '1.0-a', '00001'],
  ];
  const pairs = versions.flatMap((a, at) => versions.slice(at).map((b) => [a, b] as const));
  const script = `while read -r a b; do
    if dpkg --compare-versions "$a" lt "$b"; then echo -1; elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi
  done`;
  const { stdout } = await execa('sh', ['-c', script], {
    input: `${pairs.map((pair) => pair.join(' ')).join('\n')}\n`,
  });
  const ours = pairs.map(([a, b]) => `${a} ${b}: ${Math.sign(comparePackageVersions(a, b))}`);
  expect(ours).toEqual(stdout.split('\n').map((order, at) => `${pairs[at]?.join(' ')}: ${order}`));
});
