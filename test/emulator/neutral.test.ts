import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { LARGEST_TEXT } from '../../src/contract/neutral/places.ts';
import { regionalIn } from '../../src/contract/neutral/scan.ts';
import type { Acceptance, Layer } from '../../src/model/image.ts';
import { acceptancesFile, neutralFile } from '../../src/render/guard-input.ts';
import { ensureVenv } from '../../src/setup/venv.ts';
import { layer } from '../helpers/builders.ts';
import { type Changes, MachineRoot } from '../helpers/machine-root.ts';
import { IN_FILES, LINES, REGIONAL_PROJECT } from '../helpers/regional.ts';

const HOST = 'db.abc.us-east-1.rds.amazonaws.com';
const OTHER = 'db.abc.eu-west-1.rds.amazonaws.com';

async function machine(files: Changes = {}, layers: readonly Layer[] = [layer('one'), layer('two')]) {
  const root = await MachineRoot.create({ '/etc/hostname': 'builder\n', ...files });
  await writeFile(join(root.work, 'neutral.json'), neutralFile());
  await writeFile(join(root.work, 'layers.json'), JSON.stringify(layers.map(({ name }) => ({ name }))));
  await writeFile(join(root.work, 'acceptances.json'), acceptancesFile(layers));
  return root;
}

const neutral = (root: MachineRoot, ...args: readonly string[]) => root.run('neutral.py', '--work', root.work, ...args);

/** What a bake of one layer, which makes these changes, finds in the end. */
async function afterOne(root: MachineRoot, changes: Changes) {
  await neutral(root, 'start');
  await root.change(changes);
  await neutral(root, 'layer', '1');
  return neutral(root, 'check');
}

const accepted = async (root: MachineRoot) =>
  JSON.parse(await readFile(join(root.work, 'accepted.json'), 'utf8')) as readonly object[];

const brief = (said: readonly object[]) =>
  (said as { layer: string; path: string; line: number; match: string }[]).map(
    ({ layer, path, line, match }) => `${layer} ${path}:${line} ${match}`,
  );

/** Files of the fixture's layers, on the machine. */
async function filesBelow(folder: string, at = ''): Promise<Changes> {
  const entries = await readdir(join(folder, at), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry): Promise<Changes> => {
      const path = `${at}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(folder, path) : { [path]: await readFile(join(folder, path), 'utf8') };
    }),
  );
  return Object.assign({}, ...found);
}

test('what an artefact has of one region counts, and any layer of its image may accept it', async () => {
  const laid = async (root: MachineRoot) => {
    await neutral(root, 'start');
    await root.change({ '/opt/app.conf': `host = ${HOST}\n` });
    await neutral(root, 'layer', '0');
    return neutral(root, 'check');
  };
  await using root = await machine();
  const { exitCode, said } = await laid(root);
  expect({ exitCode, said: brief(said) }).toEqual({
    exitCode: 1,
    said: [expect.stringMatching(/^artefact set \/opt\/app\.conf:1 /)],
  });
  const { rule = '' } = said[0] as { rule?: string };
  const accept: Acceptance[] = [{ rule, path: '/opt/app.conf', reason: 'one region has it', line: 1 }];
  await using accepting = await machine({}, [layer('one'), layer('two', { accept })]);
  expect(await laid(accepting)).toMatchObject({ exitCode: 0 });
  expect(await accepted(accepting)).toMatchObject([{ layer: 'artefact set', reason: 'one region has it' }]);
});

test('what a script writes is found as in a file of a layer, by the same rules', async () => {
  await using root = await machine();
  const expected = IN_FILES.filter(({ file }) => !file.endsWith('.hbs'));
  const files = new Set(expected.map(({ layer, file }) => `${layer}/${file}`));
  const changes: Record<string, string> = {};
  for (const file of files) {
    changes[file.replace(/^\w+\/files/, '')] = await readFile(join(REGIONAL_PROJECT, 'layers', file), 'utf8');
  }
  const { exitCode, said } = await afterOne(root, changes);
  expect(exitCode).toBe(1);
  const found = said.map(({ kind, rule, layer, path, line, match, key }) =>
    JSON.stringify({ kind, rule, layer, path, line, match, key }),
  );
  const wanted = expected.map(({ file, line, rule, match, key }) =>
    JSON.stringify({ kind: 'regional', rule, layer: 'one', path: file.replace(/^files/, ''), line, match, key }),
  );
  expect(found.sort()).toEqual(wanted.sort());
});

test('both readers of the rows find the same in each line', async () => {
  await using root = await machine();
  const { said } = await afterOne(root, { '/etc/lines': LINES.map(([line]) => `${line}\n`).join('') });
  const found = said.map(({ line, match, rule }) => `${line} ${rule} ${match}`);
  const wanted = LINES.flatMap(([line], index) =>
    regionalIn(line).map(({ match, row }) => `${index + 1} ${row.id} ${match}`),
  );
  expect(wanted.length).toBeGreaterThan(20);
  expect(found).toEqual(wanted);
});

test('harmless layers give nothing', async () => {
  const folder = join(import.meta.dirname, '../fixtures/harmless-layers');
  const trees = await Promise.all(
    (await readdir(folder)).map((name) => filesBelow(join(folder, name, 'files')).catch(() => ({}))),
  );
  const files: Changes = Object.assign({}, ...trees);
  expect(Object.keys(files).length).toBeGreaterThan(10);
  await using root = await machine();
  expect(await afterOne(root, files)).toEqual({ exitCode: 0, stderr: '', said: [] });
});

test('each thing has the layer that wrote it, and looking again changes nothing', async () => {
  await using root = await machine();
  await neutral(root, 'start');
  await root.change({ '/opt/app/a.conf': `a = ${HOST}\n` });
  await neutral(root, 'layer', '1');
  await neutral(root, 'layer', '1');
  await root.change({ '/opt/app/a.conf': `b = ${OTHER}\n\na = ${HOST}\n`, '/srv/b.conf': `${HOST}\n` });
  await neutral(root, 'layer', '2');
  const first = await neutral(root, 'check');
  expect(brief(first.said)).toEqual([
    `two /opt/app/a.conf:1 ${OTHER}`,
    `one /opt/app/a.conf:3 ${HOST}`,
    `two /srv/b.conf:1 ${HOST}`,
  ]);
  expect(await neutral(root, 'check')).toEqual(first);
});

test('what a later layer takes out again is not found', async () => {
  await using root = await machine();
  await neutral(root, 'start');
  await root.change({ '/etc/a.conf': `${HOST}\n`, '/etc/b.conf': `${HOST}\n` });
  await neutral(root, 'layer', '1');
  await root.change({ '/etc/a.conf': null, '/etc/b.conf': 'localhost\n' });
  await neutral(root, 'layer', '2');
  expect(await neutral(root, 'check')).toMatchObject({ exitCode: 0, said: [] });
});

test('what was there before, and what a restart writes, is no layer’s', async () => {
  const hosts = '127.0.1.1 ip-10-0-0-7.ec2.internal ip-10-0-0-7\n';
  await using root = await machine({
    '/etc/hosts': hosts,
    '/etc/apt/sources.list': 'deb http://us-east-1.ec2.archive.ubuntu.com/ubuntu noble main\n',
    '/opt/parent/app.conf': `${HOST}\n`,
  });
  await neutral(root, 'start');
  await root.change({
    '/etc/apt/sources.list': `deb http://us-east-1.ec2.archive.ubuntu.com/ubuntu noble main\n# ours\ndeb ${OTHER}\n`,
  });
  await neutral(root, 'layer', '1');
  await root.change({ '/etc/hosts': `# rendered\n${hosts}`, '/etc/issue.net': 'peer ip-10-0-0-8.ec2.internal\n' });
  await neutral(root, 'restarted');
  await root.change({ '/etc/issue.net': 'peer ip-10-0-0-8.ec2.internal\n\n' });
  await neutral(root, 'layer', '1');
  expect(brief((await neutral(root, 'check')).said)).toEqual([`one /etc/apt/sources.list:3 ${OTHER}`]);
});

test('a clock that is set back hides no change', async () => {
  await using root = await machine({ '/etc/a.conf': 'a\n' });
  await neutral(root, 'start');
  await writeFile(join(root.path, '/etc/a.conf'), `${HOST}\n`);
  await utimes(join(root.path, '/etc/a.conf'), new Date(0), new Date(0));
  await neutral(root, 'layer', '1');
  expect((await neutral(root, 'check')).said).toHaveLength(1);
});

test('files of packages count when somebody has edited them', async () => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const unit = `Environment=A=${HOST}\n`;
  const conf = `host = ${HOST}\n`;
  await using root = await machine();
  const { said } = await afterOne(root, {
    '/usr/lib/systemd/system/agent.service': unit,
    '/usr/lib/systemd/system/edited.service': `${unit}# edited\n`,
    '/etc/agent.conf': conf,
    '/etc/edited.conf': `${conf}# edited\n`,
    '/var/lib/dpkg/info/agent.md5sums': `${md5(unit)}  lib/systemd/system/agent.service\n${md5(unit)}  usr/lib/systemd/system/edited.service\n`,
    '/var/lib/dpkg/status': `Package: agent\nConffiles:\n /etc/agent.conf ${md5(conf)}\n /etc/edited.conf ${md5(conf)}\nDescription: x\n`,
  });
  expect(brief(said)).toEqual([
    `one /etc/edited.conf:1 ${HOST}`,
    `one /usr/lib/systemd/system/edited.service:1 ${HOST}`,
  ]);
});

test('rpm knows its files too', async () => {
  await using root = await machine();
  const sum = (text: string) => createHash('sha256').update(text).digest('hex');
  await mkdir(root.bin);
  const answer = `/etc/agent.conf\t${sum(`${HOST}\n`)}\n/etc/edited.conf\t${sum('other')}\nfile /etc/own.conf is not owned by any package\n`;
  await writeFile(join(root.bin, 'rpm'), `#!/bin/sh\nprintf '%s' '${answer}'\nexit 1\n`);
  await chmod(join(root.bin, 'rpm'), 0o755);
  const files = ['/etc/agent.conf', '/etc/edited.conf', '/etc/own.conf'];
  await neutral(root, 'start');
  await root.change(Object.fromEntries(files.map((path) => [path, `${HOST}\n`])));
  await neutral(root, 'layer', '1');
  expect(brief((await neutral(root, 'check')).said)).toEqual([
    `one /etc/edited.conf:1 ${HOST}`,
    `one /etc/own.conf:1 ${HOST}`,
  ]);
});

test('programs, artefacts, links and odd bytes are no texts', async () => {
  await using root = await machine();
  const { said, stderr } = await afterOne(root, {
    '/usr/local/bin/tool': `\0ELF ${HOST}`,
    '/opt/app/bundle.js': `${HOST}\n${'x'.repeat(LARGEST_TEXT)}`,
    '/opt/app/link.conf': { link: '/opt/app/real.conf' },
    '/opt/app/real.conf': `\u00ff\ufffd ${HOST}\n`,
    '/opt/loop': { link: '/opt' },
  });
  expect(stderr).toBe('');
  expect(brief(said)).toEqual([`one /opt/app/real.conf:1 ${HOST}`]);
});

const ACCEPT: readonly (readonly [name: string, accept: Omit<Acceptance, 'reason' | 'line'>, fits: boolean])[] = [
  ['its rule', { rule: 'region-endpoint' }, true],
  ['its path', { rule: 'region-endpoint', path: '/etc/app/*.conf' }, true],
  ['one of several', { rule: 'region-endpoint', path: '/etc/{app,web}/**' }, true],
  ['its place in the layer', { rule: 'region-endpoint', path: 'files/etc/app/x.conf' }, true],
  ['the template', { rule: 'region-endpoint', path: '**/*.conf.hbs' }, true],
  ['another path', { rule: 'region-endpoint', path: '/etc/*.conf' }, false],
  ['another rule', { rule: 'region-arn' }, false],
];
test.each(ACCEPT)('an acceptance names %s', async (_, accept, fits) => {
  const one = layer('one', { accept: [{ reason: 'read only here', line: 1, ...accept }] });
  await using root = await machine({}, [one]);
  const { exitCode, said } = await afterOne(root, { '/etc/app/x.conf': `${HOST}\n` });
  expect({ exitCode, said: said.length }).toEqual(fits ? { exitCode: 0, said: 0 } : { exitCode: 1, said: 1 });
  expect(await accepted(root)).toMatchObject(
    fits ? [{ layer: 'one', path: '/etc/app/x.conf', line: 1, match: HOST, reason: 'read only here' }] : [],
  );
});

test('what the parent has accepted stays accepted, as long as it is there', async () => {
  const inherited = (path: string) => ({
    rule: 'region-endpoint',
    layer: 'old',
    path,
    line: 1,
    match: HOST,
    reason: 'r',
  });
  const record = { regional: [inherited('/opt/app/a.conf'), inherited('/opt/app/b.conf')] };
  await using root = await machine({
    '/usr/lib/bake/record.json': JSON.stringify(record),
    '/opt/app/a.conf': `${HOST}\n`,
    '/opt/app/b.conf': `${HOST}\n`,
  });
  const changes = { '/opt/app/a.conf': `# moved\n${HOST}\n`, '/opt/app/b.conf': null };
  expect(await afterOne(root, changes)).toMatchObject({ exitCode: 0, said: [] });
  expect(await accepted(root)).toMatchObject([{ path: '/opt/app/a.conf', layer: 'old', reason: 'r' }]);
});

test('every region and every DNS suffix that botocore knows is known', async () => {
  const program = [
    'import json, botocore.session',
    "data = botocore.session.get_session().get_component('data_loader').load_data('partitions')",
    "print(json.dumps([[p['outputs']['dnsSuffix'], r] for p in data['partitions'] for r in p['regions'] if not r.endswith('-global')]))",
  ];
  const { stdout } = await execa(await ensureVenv(), ['-c', program.join('\n')]);
  const regions = JSON.parse(stdout) as [string, string][];
  expect(regions.length).toBeGreaterThan(30);
  for (const [suffix, region] of regions) {
    const host = `db.abc.${region}.rds.${suffix}`;
    expect(regionalIn(host), host).toMatchObject([{ match: host, row: { key: 'database.host' } }]);
    expect(regionalIn(`${region}a`), region).toMatchObject([{ row: { id: 'region-zone' } }]);
  }
});
