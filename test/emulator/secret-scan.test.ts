import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { secretForms } from '../../src/report/secret-forms.ts';
import { type Changes, MachineRoot } from '../helpers/machine-root.ts';

const TOKEN = 'npm_p@ss/w0rd+x<"y">';
const KEY = [
  '-----BEGIN OPENSSH PRIVATE KEY-----',
  ...Array.from({ length: 12 }, (_, line) =>
    Buffer.from(`line ${line} of a key that nobody has, ${line ** 7}`).toString('base64'),
  ),
  '-----END OPENSSH PRIVATE KEY-----',
  '',
].join('\n');
const SECRETS = { token: TOKEN, key: KEY };

/** A machine as it is before the first layer, whose scripts are given the secrets. */
async function machine(secrets: Readonly<Record<string, string>> = SECRETS, files: Changes = {}) {
  const root = await MachineRoot.create({ '/etc/hostname': 'builder\n', ...files });
  await mkdir(join(root.path, '../secrets'));
  for (const [name, value] of Object.entries(secrets)) await writeFile(join(root.path, '../secrets', name), value);
  await writeFile(
    join(root.work, 'secrets'),
    Object.keys(secrets)
      .map((name) => `${name}\n`)
      .join(''),
  );
  await scan(root, 'start');
  return root;
}

async function scan(root: MachineRoot, verb: string) {
  const where = ['--work', root.work, '--secrets', join(root.path, '../secrets')];
  const ran = await root.run('secret_scan.py', ...where, verb);
  expect(ran.stderr).toBe('');
  return ran;
}

/** `secret path`, sorted. No finding shows a value. */
async function left(root: MachineRoot): Promise<readonly string[]> {
  const { exitCode, said } = await scan(root, 'check');
  expect(exitCode).toBe(said.length === 0 ? 0 : 1);
  for (const form of [TOKEN, ...KEY.split('\n').slice(1, -2)]) expect(JSON.stringify(said)).not.toContain(form);
  return said.map(({ kind, secret, path }) => `${kind} ${secret} ${path}`).sort();
}

async function leftBy(changes: Changes): Promise<readonly string[]> {
  await using root = await machine();
  await root.change(changes);
  return await left(root);
}

test('a machine whose scripts have kept theirs to themselves passes', async () => {
  await using root = await machine(SECRETS, { '/usr/share/doc/x': 'as before\n', '/usr/bin/tool': 'binary' });
  await root.change({
    '/root/.npmrc': 'registry=https://npm.example\n',
    '/usr/bin/tool': 'newer',
    '/etc/half': TOKEN.slice(0, 12),
    '/etc/ssh/known': KEY.split('\n')[0] ?? '',
    '/etc/link': { link: '/usr/bin/tool' },
  });
  expect(await left(root)).toEqual([]);
});

test('what the logs would not show, the disk must not have either: every form that is masked is found', async () => {
  const forms = secretForms(TOKEN);
  await using root = await machine({ token: TOKEN });
  await root.change(Object.fromEntries(forms.map((form, n) => [`/srv/form-${n}`, `before${form}after`])));
  expect(await left(root)).toEqual(forms.map((_, n) => `leaked token /srv/form-${n}`).sort());
  expect(forms.length).toBeGreaterThan(10);
});

describe('is found', () => {
  const wrapped = (text: string, width: number) =>
    Buffer.from(text)
      .toString('base64')
      .replaceAll(new RegExp(`.{${width}}`, 'g'), '$&\n');
  test.each<[string, string, string]>([
    ['in a file that hygiene would remove', '/tmp/upload', `token: ${TOKEN}`],
    ['in a log', '/var/log/app/install.log', `GET /?token=${encodeURIComponent(TOKEN)}`],
    ['in the history of a shell', '/home/admin/.bash_history', `curl -H 'x: ${TOKEN}'\n`],
    ['in a cache', '/var/cache/x/0', `\0\0${TOKEN}\0`],
    ['in XML', '/root/.m2/settings.xml', '<password>npm_p@ss/w0rd+x&lt;&quot;y&quot;&gt;</password>'],
    [
      'beyond a part of the file that is read at once',
      '/srv/large',
      `${'x'.repeat(2 ** 20 - 5)}${TOKEN}${'x'.repeat(9)}`,
    ],
    ['behind a user, in base64', '/etc/auth', Buffer.from(`build:${TOKEN}`).toString('base64')],
  ])('%s', async (_, path, content) => {
    expect(await leftBy({ [path]: content })).toEqual([`leaked token ${path}`]);
  });

  test.each<[string, string]>([
    ['as it is', KEY],
    ['without its last line end', KEY.trim()],
    ['with other line ends', KEY.replaceAll('\n', '\r\n')],
    ['indented', `key: |\n${KEY.replaceAll(/^/gm, '  ')}`],
    ['in JSON', JSON.stringify({ key: KEY })],
    ['in base64 of one line', Buffer.from(KEY).toString('base64')],
    ['in base64 of 64 characters a line', wrapped(KEY, 64)],
    ['in base64 of 76 characters a line', wrapped(KEY, 76)],
    ['in base64, in the middle of something', wrapped(`kind: Secret\n${KEY}---\n`, 76)],
  ])('a key %s', async (_, content) => {
    expect(await leftBy({ '/etc/x': content })).toEqual(['leaked key /etc/x']);
  });

  test.each([
    ['gzip', ['-c']],
    ['bzip2', ['-c']],
    ['xz', ['-c']],
  ])('in what %s has compressed, also where it is cut off', async (program, args) => {
    await using root = await machine();
    const text = `${TOKEN}\n${Array.from({ length: 2e5 }, (_, n) => n * 7919).join(' ')}`;
    const { stdout } = await execa(program, args, { input: text, encoding: 'buffer' });
    await mkdir(join(root.path, 'srv'));
    await writeFile(join(root.path, 'srv/whole'), stdout);
    await writeFile(join(root.path, 'srv/cut'), stdout.subarray(0, -20));
    await writeFile(join(root.path, 'srv/damaged'), Buffer.concat([stdout.subarray(0, 10), Buffer.from('damaged')]));
    expect(await left(root)).toEqual(['leaked token /srv/cut', 'leaked token /srv/whole']);
  });

  test('in paths, which then do not show it, and in targets of links', async () => {
    await using root = await machine({ token: 'a-token-1234' });
    await root.change({
      '/var/cache/https:__a-token-1234@npm/index': 'x',
      '/var/cache/link': { link: '/elsewhere/a-token-1234' },
    });
    expect(await left(root)).toEqual([
      'leaked token /var/cache/https:__***@npm',
      'leaked token /var/cache/https:__***@npm/index',
      'leaked token /var/cache/link',
    ]);
  });

  test('in what the bake itself has brought', async () => {
    await using root = await machine();
    const work = join(root.path, 'var/lib/bake-build');
    await mkdir(join(root.path, 'var/lib'), { recursive: true });
    await rename(root.work, work);
    await writeFile(
      join(work, 'variables.sh'),
      `export BAKE_VAR_registry='https://u:${encodeURIComponent(TOKEN)}@x'\n`,
    );
    const run = (verb: string) =>
      root.run('secret_scan.py', '--work', work, '--secrets', join(root.path, '../secrets'), verb);
    await run('start');
    expect((await run('check')).said).toMatchObject([{ secret: 'token', path: '/var/lib/bake-build/variables.sh' }]);
  });

  test('in a file that is deleted and still open', async () => {
    await using root = await machine();
    await root.change({ '/srv/open': TOKEN });
    const file = join(root.path, 'srv/open');
    const holder = execa('sh', ['-c', 'exec 9<"$1"; rm "$1"; echo open; read end', 'sh', file], { stdin: 'pipe' });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    expect(await left(root)).toEqual(['leaked token /srv/open (deleted)']);
    holder.stdin.end('\n');
    await holder;
    expect(await left(root)).toEqual([]);
  });

  test('on a data volume that is not mounted any more', async () => {
    const mounts = '/dev/root / ext4 rw 0 0\n/dev/mounted /data ext4 rw 0 0\n';
    const devices = { '/dev/mounted': 'blocks', '/dev/gone': `blocks ${TOKEN} blocks` };
    const links = {
      '/run/bake/volumes/data': { link: '/dev/mounted' },
      '/run/bake/volumes/logs': { link: '/dev/gone' },
    };
    await using root = await machine(SECRETS, { '/proc/mounts': mounts, ...devices, ...links });
    expect(await left(root)).toEqual(['leaked token /dev/gone']);
  });

  test('in swap, which changes without a sign', async () => {
    const swaps = 'Filename\tType\tSize\tUsed\tPriority\n/swapfile  file\t1024\t4\t-2\n/dev/zram0 partition\t4\t4\t5\n';
    await using root = await machine(SECRETS, { '/proc/swaps': swaps, '/swapfile': `page ${TOKEN} page` });
    expect(await left(root)).toEqual(['leaked token /swapfile']);
  });

  test('in the journal, whose files hold what is long in a compressed form', async () => {
    await using root = await machine();
    await root.change({ '/var/log/journal/0/system.journal': 'compressed' });
    await mkdir(root.bin);
    const text = `MESSAGE=started with ${encodeURIComponent(TOKEN)}`;
    await writeFile(join(root.bin, 'journalctl'), `#!/bin/sh\ncat <<'END'\n${text}\n$*\nEND\n`, { mode: 0o755 });
    expect(await left(root)).toEqual(['leaked token /var/log/journal']);
  });
});

test('what was there before, and has not changed, cannot hold it', async () => {
  await using root = await machine({ token: 'the name of a service' }, { '/etc/services': 'the name of a service\n' });
  expect(await left(root)).toEqual([]);
  await root.change({ '/etc/services': `${await readFile(join(root.path, 'etc/services'), 'utf8')}more\n` });
  expect(await left(root)).toEqual(['leaked token /etc/services']);
});

test('a secret that is gone cannot be looked for, and that fails', async () => {
  await using root = await machine();
  await writeFile(join(root.work, 'secrets'), 'token\ngone\n');
  const ran = await root.run(
    'secret_scan.py',
    '--work',
    root.work,
    '--secrets',
    join(root.path, '../secrets'),
    'check',
  );
  expect(ran).toMatchObject({ exitCode: 1, said: [], stderr: expect.stringContaining('secrets/gone') });
});

test('any secret in any of its forms is found, and no other is', async () => {
  const value = fc
    .string({ unit: 'grapheme', minLength: 10, maxLength: 40 })
    // Of what is longer the mask has single lines of base64 too, which are no copy of it.
    .filter((text) => text.trim() === text && !/[\r\n]/.test(text) && Buffer.byteLength(text) < 44);
  const around = fc.string({ unit: 'grapheme' });
  const cases = fc
    .sample(fc.tuple(value, fc.nat(), around), 100)
    // Some texts are drawn more than once.
    .map(([drawn, n, around], index) => {
      const text = `s${index}-${drawn}`;
      const forms = secretForms(text).filter((form) => form.length >= 10);
      return { text, content: `${around}${forms[n % forms.length]}${around}` };
    });
  await using root = await machine(Object.fromEntries(cases.map(({ text }, n) => [`s${n}`, text])));
  await root.change(Object.fromEntries(cases.map(({ content }, n) => [`/srv/${n}`, content])));
  expect(await left(root)).toEqual(cases.map((_, n) => `leaked s${n} /srv/${n}`).sort());
});
