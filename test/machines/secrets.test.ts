import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretForms } from '../../src/report/secret-forms.ts';
import { sha256 } from '../helpers/builders.ts';
import { resultOf } from '../helpers/cli.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { ProjectSpec } from '../helpers/project.ts';
import { until } from '../helpers/sandbox-server.ts';
import { textsInFile } from '../helpers/search-bytes.ts';

const random = (bytes: number) => randomBytes(bytes).toString('base64url');
const lines = Array.from({ length: 9 }, () => randomBytes(48).toString('base64'));
const VALUES = {
  token: `tok/${random(24)}+<&>`,
  key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
  password: random(12),
};

/** Its first and last line are in images anyway: programs look for them. */
const FORMS = Object.values(VALUES)
  .flatMap(secretForms)
  .filter((form) => form.length > 8 && !/^-----.*-----$/.test(form));

const secrets = {
  token: { env: 'REGISTRY_TOKEN' },
  key: { parameter: '/ci/key' },
  password: { secretsManager: 'prod/db', key: 'password' },
};

/** A use that leaves nothing, and that says all it can. */
const USE = `#!/bin/sh
set -eu
stat -c 'found %n %a %U' "$BAKE_SECRETS" "$BAKE_SECRETS"/* | sort
stat -f -c 'in %T' "$BAKE_SECRETS"
cat "$BAKE_SECRETS/token" "$BAKE_SECRETS/key" "$BAKE_SECRETS/password" | sha256sum | cut -d' ' -f1 >>/usr/share/used
for secret in token password; do
    count=$(cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | grep -acF -f "$BAKE_SECRETS/$secret" || :)
    echo "processes with it $count"
done
printf '//npm.example/:_authToken=%s\\n' "$(cat "$BAKE_SECRETS/token")" >"$BAKE_SECRETS/npmrc"
cat "$BAKE_SECRETS"/*
base64 "$BAKE_SECRETS/key" >&2
set -x
: "$(cat "$BAKE_SECRETS/password")"
`;

const LEAK = `#!/bin/sh
set -eu
mkdir -p /var/log/journal
systemctl restart systemd-journald
journalctl --flush
logger -t app "$(cat "$BAKE_SECRETS/token")"
journalctl --sync
cp "$BAKE_SECRETS/token" /root/.npmrc
base64 "$BAKE_SECRETS/key" >/var/log/app.log
gzip -c "$BAKE_SECRETS/password" >/tmp/password
ln -s "/nowhere/$(cat "$BAKE_SECRETS/password")" /etc/link
`;

const spec: ProjectSpec = {
  images: {
    careful: { source: 'debian:12', layers: ['careful'], secrets },
    leaky: { source: 'debian:12', layers: ['leaky'], secrets },
  },
  layers: {
    careful: {
      'layer.yaml': 'scripts: [10-before.sh, reboot, 20-after.sh]\n',
      'scripts/10-before.sh': USE,
      'scripts/20-after.sh': USE,
    },
    leaky: { 'scripts/10-leak.sh': LEAK },
  },
};

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
  const connection = {
    region: 'us-east-1',
    endpoint: sandbox.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const parameter = { Name: '/ci/key', Type: 'SecureString', Value: VALUES.key } as const;
  await new SSMClient(connection).send(new PutParameterCommand(parameter));
  const SecretString = JSON.stringify({ user: 'app', password: VALUES.password });
  await new SecretsManagerClient(connection).send(new CreateSecretCommand({ Name: 'prod/db', SecretString }));
});
afterAll(() => sandbox?.down());

/** What processes of this machine were started with, and what Packer's have in their environment. */
async function processesSay(): Promise<readonly string[]> {
  const texts = (await readdir('/proc')).map(async (id) => {
    const read = (file: string) => readFile(join('/proc', id, file), 'utf8').catch(() => '');
    const command = /^\d+$/.test(id) ? await read('cmdline') : '';
    return command.includes('packer') ? `${command}\n${await read('environ')}` : command;
  });
  const all = await Promise.all(texts);
  return FORMS.filter((form) => all.some((text) => text.includes(form)));
}

async function expectNone(folder: string, ...outputs: readonly string[]): Promise<void> {
  for (const form of FORMS) expect(outputs.some((output) => output.includes(form))).toBe(false);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((entry) => entry.isFile())) {
    const path = join(entry.parentPath, entry.name);
    expect({ path, found: (await textsInFile(path, FORMS)).length }).toEqual({ path, found: 0 });
  }
}

it('gives scripts their secrets, and leaves them on no disk, in no log, no record and no list of processes', async () => {
  await using project = await sandbox.project(spec);
  project.patience = 900_000;
  const bake = project.start(['base', 'careful', '--sandbox'], { REGISTRY_TOKEN: VALUES.token });
  let looks = 0;
  const seen = new Set<string>();
  await until(async () => {
    for (const form of await processesSay()) seen.add(form);
    looks += 1;
    return bake.child.exitCode !== null;
  }, project.patience);
  const { code, stdout, stderr } = await bake.ended;
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(looks).toBeGreaterThan(10);
  expect([...seen]).toEqual([]);

  const runs = join(project.dir, '.bake/runs');
  const log = await readFile(join(runs, (await readdir(runs))[0] ?? '', 'careful-x86_64/packer.log'), 'utf8');
  const dir = '/run/bake/secrets';
  // Before the restart and after it.
  for (const line of [`found ${dir} 700 root`, `found ${dir}/token 400 root`, 'in ramfs']) {
    expect({ line, times: log.split(line).length - 1 }).toEqual({ line, times: 2 });
  }
  expect(log.match(/processes with it \d+/g)).toEqual(Array(4).fill('processes with it 0'));
  expect(log).toContain('//npm.example/:_authToken=***');

  await expectNone(project.dir, stdout, stderr);
  await expectNone(join(sandbox.status.stateDir, 'records'));
  await expectNone(join(sandbox.status.stateDir, 'consoles'));
  expect(await onDisks()).toEqual([]);
}, 1_800_000);

/** Forms of secrets on any disk of the sandbox, as a machine would read it, with all that is free or deleted. */
async function onDisks(): Promise<readonly string[]> {
  const disks = join(sandbox.status.stateDir, 'disks');
  const used = sha256(VALUES.token + VALUES.key + VALUES.password);
  const found = new Set<string>();
  for (const name of await readdir(disks)) {
    const raw = join(disks, `${name}.raw`);
    await execa('qemu-img', ['convert', '-O', 'raw', name, raw], { cwd: disks });
    for (const text of await textsInFile(raw, [used, ...FORMS])) found.add(text);
    await rm(raw);
  }
  // What the scripts did leave is there, so the search sees what they write.
  expect(found.delete(used)).toBe(true);
  return [...found];
}

it('fails a bake whose script leaves them, and names each place', async () => {
  await using project = await sandbox.project(spec);
  project.patience = 900_000;
  const { code, stdout } = await project.bake(['base', 'leaky', '--sandbox', '--json'], {
    REGISTRY_TOKEN: VALUES.token,
  });
  const { error } = resultOf(stdout).outcomes['leaky/x86_64'] ?? {};
  expect({ code, error: error?.code }).toEqual({ code: 1, error: 'secret-left' });
  // The journal is read as such, and is a file as well.
  const places = (error?.details ?? []).map((line) => line.replace(/(?<=^\/var\/log\/journal)\/[^:]*/, ''));
  expect([...new Set(places)].sort()).toEqual([
    '/etc/link: password, as it is',
    '/root/.npmrc: token, as it is',
    '/tmp/password: password, as it is',
    '/var/log/app.log: key, in base64',
    '/var/log/journal: token, as it is',
  ]);
  await expectNone(project.dir, stdout);
  expect(await sandbox.leftovers()).toEqual([]);
});
