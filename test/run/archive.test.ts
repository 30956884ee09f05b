import { createHash } from 'node:crypto';
import { chmod, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, type Header } from 'tar-stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { Layer } from '../../src/model/image.ts';
import { payloadEntries, provisionerEntries, templateData } from '../../src/render/payload.ts';
import { LOADER_FILES, type LoaderSources } from '../../src/render/region-config/loader-files.ts';
import { writeArchive } from '../../src/run/archive.ts';
import { base, config, layer, layerFile, playbook, REBOOT, regionConfig, script, volume } from '../helpers/builders.ts';
import { onDisk, temporaryFolder } from '../helpers/layers-on-disk.ts';

const LONG = `/opt/${'deep/'.repeat(40)}${'n'.repeat(120)}`;
const OS = layer('os', {
  files: [
    layerFile('/etc/motd', { template: true, source: 'files/etc/motd.hbs' }),
    layerFile('/usr/local/bin/x', { mode: '0755' }),
    layerFile('/srv/secret', { mode: '0600', owner: 'app', group: 'app' }),
    layerFile('/etc/link', { type: 'symlink', mode: '0777', target: '../srv/ünï' }),
    layerFile('/srv/ünï ☃'),
    layerFile(LONG),
  ],
  steps: [script('10-a.sh.hbs', { template: true }), REBOOT, script('20-b.sh')],
});
const CONTENTS = { 'files/etc/motd.hbs': 'port {{port}} of {{image}}\n', 'scripts/10-a.sh.hbs': 'echo {{project}}\n' };
const EMPTY = layer('empty');
const IMAGE = base('api', { layers: ['os', 'empty'], variables: { port: 80, image: 'hidden' } });
const CONFIG = config([IMAGE]);

const LOADER = Object.fromEntries(LOADER_FILES.map((name) => [name, `of ${name}\n`])) as LoaderSources;

const entriesOf = (layers: readonly Layer[], image = IMAGE) =>
  payloadEntries({
    config: CONFIG,
    image,
    architecture: 'arm64',
    layers,
    programs: { 'run.sh': '#!/bin/sh\n', 'record.py': 'pass\n' },
    loader: LOADER,
  });
const DATA = templateData({ config: CONFIG, image: IMAGE, architecture: 'arm64' });
const payload = (layers: readonly Layer[]) => writeArchive(entriesOf(layers), DATA);

type Member = Header & { readonly content: Buffer };

async function membersOf(archive: Buffer): Promise<Map<string, Member>> {
  const members = new Map<string, Member>();
  for await (const entry of Readable.from(archive).pipe(extract())) {
    members.set(entry.header.name, { ...entry.header, content: await buffer(entry) });
  }
  return members;
}

describe('the payload', () => {
  test('tells the builder which volumes it has, and scripts where they find them', async () => {
    const volumes = [volume('data'), volume('free', { device: '/dev/sdg', content: 'empty', inherited: true })];
    const members = await membersOf(await writeArchive(entriesOf([EMPTY], { ...IMAGE, volumes }), DATA));
    expect(`${members.get('volumes')?.content}`).toBe('data\t/dev/sdf\n');
    expect(`${members.get('variables.sh')?.content}`).toContain("export BAKE_VOLUMES='/run/bake/volumes'\n");
    const none = await membersOf(await writeArchive(entriesOf([EMPTY], { ...IMAGE, volumes: volumes.slice(1) }), DATA));
    expect([...none.keys()]).not.toContain('volumes');
    expect(`${none.get('variables.sh')?.content}`).not.toContain('BAKE_VOLUMES');
  });

  test('tells playbooks what it tells scripts', () => {
    const layers = [layer('web', { steps: [playbook({ extraVars: { constructor: 1 } })] })];
    const image = { ...IMAGE, variables: { toString: 'text', constructor: 'car' }, volumes: [volume('data')] };
    const [entry] = provisionerEntries({ config: CONFIG, image, architecture: 'arm64', layers });
    const text = entry?.content.kind === 'text' ? entry.content.text : '';
    expect(text.trimEnd().split('\n')).toEqual([
      '---',
      '"toString": "text"',
      '"bake_image": "api"',
      `"bake_project": "${CONFIG.project}"`,
      '"bake_arch": "arm64"',
      '"bake_volumes": "/run/bake/volumes"',
      '"constructor": 1',
    ]);
  });

  test('has the loader apart from the layers, where there is region config', async () => {
    const image = { ...IMAGE, regionConfig: regionConfig({ values: { log: 'info' } }) };
    const members = await membersOf(await writeArchive(entriesOf([EMPTY], image), DATA));
    const laid = await membersOf(members.get('region-config.tar')?.content ?? Buffer.of());
    expect(laid.get('usr/lib/bake/region-config')).toMatchObject({
      mode: 0o755,
      content: Buffer.from('of loader.py\n'),
    });
    expect(laid.get('usr/bin/bake-region-config')).toMatchObject({ linkname: '../lib/bake/region-config' });
    expect([...(await membersOf(await payload([EMPTY]))).keys()]).not.toContain('region-config.tar');
  });

  test('has the runner, the steps, the variables and each layer', async () => {
    await using folder = await temporaryFolder();
    const members = await membersOf(await payload([await onDisk(folder.path, OS, CONTENTS), EMPTY]));
    expect([...members].map(([name, { mode }]) => `${mode?.toString(8)} ${name}`)).toEqual([
      '755 run.sh',
      '755 record.py',
      '644 contract.json',
      '644 layers.json',
      '644 neutral.json',
      '644 acceptances.json',
      '644 communicator',
      '644 steps',
      '644 variables.sh',
      '644 layers/1/owners',
      '644 layers/1/files.tar',
      '755 layers/1/scripts/10-a.sh',
      '755 layers/1/scripts/20-b.sh',
      '644 layers/2/owners',
    ]);
    expect(members.get('layers/1/scripts/10-a.sh')?.content.toString()).toBe('echo acme\n');
    expect(members.get('layers/1/owners')?.content.toString()).toBe('app\tapp\t0600\t/srv/secret\n');
    expect(members.get('variables.sh')?.content.toString()).toContain("export BAKE_VAR_port='80'\n");
  });

  test("has a layer's files with modes and links, root's, with the same old date", async () => {
    await using folder = await temporaryFolder();
    const members = await membersOf(await payload([await onDisk(folder.path, OS, CONTENTS)]));
    const files = await membersOf(members.get('layers/1/files.tar')?.content ?? Buffer.of());
    expect(
      [...files.values()].map(({ name, type, mode, linkname }) => [name, type, mode?.toString(8), linkname]),
    ).toEqual([
      ['etc/motd', 'file', '644', null],
      ['usr/local/bin/x', 'file', '755', null],
      ['srv/secret', 'file', '600', null],
      ['etc/link', 'symlink', '777', '../srv/ünï'],
      ['srv/ünï ☃', 'file', '644', null],
      [LONG.slice(1), 'file', '644', null],
    ]);
    for (const { uid, gid, mtime } of files.values()) {
      expect([uid, gid, mtime?.toISOString()]).toEqual([0, 0, '1980-01-02T00:00:00.000Z']);
    }
    // Three names are ours: a variable of the same name does not hide them.
    expect(files.get('etc/motd')?.content.toString()).toBe('port 80 of api\n');
  });

  test('is the same bytes wherever and whenever the checkout was made', async () => {
    await using here = await temporaryFolder();
    await using there = await temporaryFolder();
    const [a, b] = [await onDisk(here.path, OS, CONTENTS), await onDisk(join(there.path, 'deeper'), OS, CONTENTS)];
    const file = join(b.dir, 'scripts/20-b.sh');
    await utimes(file, 1, 1);
    await chmod(file, 0o777);
    expect((await payload([a])).equals(await payload([b]))).toBe(true);
  });

  test('stays what it is', async () => {
    await using folder = await temporaryFolder();
    const entries = entriesOf([await onDisk(folder.path, OS, CONTENTS), EMPTY]);
    // Rows have tests of their own, and change with what is learned about cloud-init and AWS.
    const archive = await writeArchive(
      entries.filter(({ path }) => path !== 'contract.json' && path !== 'neutral.json'),
      DATA,
    );
    expect(createHash('sha256').update(archive).digest('hex')).toMatchInlineSnapshot(
      `"64811cb3515182dcb369e53cfd39e42b901b7cdd2f94b00aaf0adf366aa95e49"`,
    );
  });
});

describe('a file that changes after planning is refused', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  afterEach(() => folder[Symbol.asyncDispose]());

  test.each<[string, (file: string) => Promise<void>]>([
    ['other content', (file) => writeFile(file, 'new')],
    ['gone', (file) => rm(file)],
  ])('%s', async (_, change) => {
    folder = await temporaryFolder();
    const layer = await onDisk(folder.path, OS, CONTENTS);
    await change(join(layer.dir, 'files/srv/secret'));
    await expect(payload([layer])).rejects.toMatchObject({
      code: 'layer-changed',
      message: 'layers/os/files/srv/secret changed after the plan was made',
    });
  });
});

test('a template that is not UTF-8 is refused, as it would come out as something else; other files are as they are', async () => {
  await using folder = await temporaryFolder();
  const bytes = Buffer.from('caf\xe9 {{port}}', 'latin1');
  const layer = await onDisk(folder.path, OS, { ...CONTENTS, 'usr/local/bin/x': bytes, 'files/etc/motd.hbs': bytes });
  await expect(payload([layer])).rejects.toMatchObject({
    code: 'template-unreadable',
    message: 'layers/os/files/etc/motd.hbs is a template and not UTF-8',
  });
});

test('a template that lacks a variable names layer and file', async () => {
  await using folder = await temporaryFolder();
  const layer = await onDisk(folder.path, OS, { ...CONTENTS, 'files/etc/motd.hbs': '{{nobody}}' });
  await expect(payload([layer])).rejects.toMatchObject({
    code: 'template-failed',
    message: expect.stringMatching(/^layers\/os\/files\/etc\/motd.hbs: .*nobody/),
  });
});
