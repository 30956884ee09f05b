import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../helpers/cli.ts';
import { Launcher } from '../helpers/cli-machines.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { ProjectSpec } from '../helpers/project.ts';

const ODD = '/opt/it\'s "odd" $(x) {{user}} ünï/app';

/** One image: what a script sees of each artefact is checked in the bake, and what is left of them on a clone. */
const spec: ProjectSpec = {
  images: {
    api: {
      source: 'debian:12',
      layers: ['api'],
      variables: { greeting: 'hello' },
      artifacts: {
        large: { path: 'dist/large', destination: '/srv/large', mode: '0600' },
        odd: { path: 'dist/odd', destination: ODD, mode: '4750', owner: 'daemon', group: 'adm' },
        later: { path: 'dist/later', destination: '/opt/later', owner: 'api', group: 'api', mode: '0640' },
        packed: { path: 'dist/packed', destination: '/opt/packed' },
      },
    },
  },
  layers: {
    api: {
      'scripts/10-use.sh': [
        '#!/bin/sh',
        'set -eu',
        'sha256sum /srv/large | cut -d" " -f1 >/var/lib/seen-large',
        'printf %s "$BAKE_VAR_greeting" >/var/lib/seen-greeting',
        'stat -c %U:%G /opt/later >/var/lib/seen-later',
        'useradd --system --user-group api',
        'cp /opt/packed /opt/unpacked',
        'rm /opt/packed',
        '',
      ].join('\n'),
    },
  },
};

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
});
afterAll(() => sandbox?.down());

it('lays artefacts with content, owner and mode before the first script, and leaves nothing else of them', async () => {
  await using project = await sandbox.project(spec);
  project.patience = 1_800_000;
  // Random, so that nothing on the way shrinks it.
  const large = randomBytes(96 * 2 ** 20);
  await project.write('.gitignore', 'dist/\n');
  for (const name of ['odd', 'later', 'packed']) await project.write(`dist/${name}`, `content of ${name}\n`);
  await writeFile(join(project.dir, 'dist/large'), large);
  const said = 'it\'s "odd" $(x) \\ {{user}} %{x} ☃';
  const { code, stdout, stderr } = await project.bake(['base', '--sandbox', '--json', '--var', `greeting=${said}`]);
  const { outcomes } = resultOf(stdout);
  expect({ code, stderr, outcomes }).toMatchObject({ code: 0, outcomes: { 'api/x86_64': { status: 'done' } } });

  const launcher = await Launcher.create(sandbox.ec2());
  try {
    await using machine = await launcher.launch(outcomes['api/x86_64']?.imageId ?? '');
    const quoted = `'${ODD.replaceAll("'", "'\\''")}'`;
    const stat = `sudo stat -c '%a %U:%G %n'`;
    const [files, odd, later, unpacked, seen, greeting, owner, rest, record] = await machine.runAll(
      `${stat} /srv/large ${quoted} /opt/later`,
      `sudo cat ${quoted}`,
      'sudo cat /opt/later',
      'cat /opt/unpacked',
      'cat /var/lib/seen-large; sudo sha256sum /srv/large | cut -d" " -f1',
      'cat /var/lib/seen-greeting',
      'cat /var/lib/seen-later',
      'sudo find /var/tmp /tmp /opt/packed -name "bake-artifact*" -o -name packed 2>/dev/null || true',
      'cat /usr/lib/bake/record.json',
    );
    expect(files?.trim().split('\n')).toEqual([
      '600 root:root /srv/large',
      `4750 daemon:adm ${ODD}`,
      '640 api:api /opt/later',
    ]);
    expect([odd, later, unpacked].map((text) => text?.trim())).toEqual([
      'content of odd',
      'content of later',
      'content of packed',
    ]);
    const digest = createHash('sha256').update(large).digest('hex');
    expect(seen?.trim().split('\n')).toEqual([digest, digest]);
    expect(greeting?.trim()).toBe(said);
    expect(owner?.trim()).toBe('root:root');
    expect(rest?.trim()).toBe('');
    const { artifacts } = JSON.parse(record ?? '{}');
    expect(artifacts).toContainEqual({
      name: 'large',
      destination: '/srv/large',
      owner: 'root',
      group: 'root',
      mode: '0600',
      sha256: digest,
      from: null,
    });
  } finally {
    await launcher[Symbol.asyncDispose]();
  }
});
