import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultOf } from '../helpers/cli.ts';
import { Launcher, type Machine } from '../helpers/cli-machines.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { Project } from '../helpers/project.ts';

// base → api and base → worker of this repository's own configuration, and a grandchild, baked in one run, in which the leaves are launched.
const repository = resolve(import.meta.dirname, '../..');

/** What bake.config.ts names. */
const PROFILE = 'acme-api';

/** Milliseconds: minutes on an idle machine, and many of them on one that emulates and has other work. */
const chainLimit = 3_600_000;

let sandbox: CliSandbox;
let project: Project;
let launcher: Launcher;
const images = new Map<string, { id: string; tags: Record<string, string> }>();
/** What `bake all` says. */
let baked: Result;

beforeAll(async () => {
  sandbox = await CliSandbox.up();
  project = await sandbox.project({ images: {} });
  project.patience = chainLimit;
  await copyRepository();
  baked = await bake('all');
  // Without it, and the right to read it, api would not start.
  await bake('region-config', 'push', 'api', '--create-buckets', '--yes');
  await fetch(`${sandbox.endpoint}/_bake/instance-profile/${PROFILE}`, { method: 'POST' });
  launcher = await Launcher.create(sandbox.ec2());
  const { Images = [] } = await sandbox.ec2().send(new DescribeImagesCommand({ Owners: ['self'] }));
  for (const { Name = '', ImageId: id = '', Tags = [] } of Images) {
    images.set(Name.split('/')[1] ?? '', { id, tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) });
  }
}, chainLimit);
afterAll(async () => {
  await launcher?.[Symbol.asyncDispose]();
  await project?.[Symbol.asyncDispose]();
  await sandbox?.down();
});

/** With one more image on worker, which notes who the builder was, and that it has restarted in between. */
async function copyRepository(): Promise<void> {
  await rm(join(project.dir, 'bake.config.json'));
  for (const folder of ['layers', 'region-config']) {
    await cp(join(repository, folder), join(project.dir, folder), { recursive: true });
  }
  const config = await readFile(join(repository, 'bake.config.ts'), 'utf8');
  const probe = "    probe: { parent: 'worker', layers: ['probe'] },\n";
  await project.write('bake.config.ts', config.replace('    worker: {', `${probe}    worker: {`));
  await project.write('layers/probe/layer.yaml', 'scripts: [10-before.sh, reboot, 20-after.sh]\n');
  const identity = 'cat /etc/machine-id; cut -d" " -f2 /etc/ssh/ssh_host_ed25519_key.pub';
  await project.write(
    'layers/probe/scripts/10-before.sh',
    `#!/bin/sh\nset -eu\n{ ${identity}; } >/var/lib/builder\ncp /proc/sys/kernel/random/boot_id /var/lib/before\n`,
  );
  await project.write(
    'layers/probe/scripts/20-after.sh',
    '#!/bin/sh\nset -eu\n! cmp -s /proc/sys/kernel/random/boot_id /var/lib/before\necho restarted >/var/lib/after\n',
  );
}

type Result = ReturnType<typeof resultOf>;

async function bake(...args: string[]): Promise<Result> {
  const { code, stdout, stderr } = await project.bake([...args, '--sandbox', '--json']);
  const result = resultOf(stdout);
  if (code === 0) return result;
  const { error, outcomes } = result;
  throw new Error(`bake ${args.join(' ')}: ${code} ${stderr} ${JSON.stringify(error ?? outcomes, null, 1)}`);
}

/** sha256 by path on the machine, of every file of these layers that is laid as it is. */
async function laidFiles(...layers: string[]): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const layer of layers) {
    const root = join(repository, 'layers', layer, 'files');
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith('.hbs')) continue;
      const path = join(entry.parentPath, entry.name);
      digests[path.slice(root.length)] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
    }
  }
  return digests;
}

const withMachine = (image: string) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await launcher.launch(images.get(image)?.id ?? '', { profile: PROFILE });
  });
  afterAll(() => machine?.[Symbol.asyncDispose]());
  return () => machine;
};

interface RecordFile {
  readonly image: string;
  readonly fingerprint: string;
  readonly machine: { readonly kernel: string; readonly packages: Readonly<Record<string, string>> };
}

it('bakes each image of the graph once, on the parent of the same run, and nothing the second time', async () => {
  const statuses = Object.entries(baked.outcomes).map(([id, { status }]) => [id, status]);
  const ids = ['api/x86_64', 'base/x86_64', 'probe/x86_64', 'worker/x86_64'];
  expect(statuses.toSorted()).toEqual(ids.map((id) => [id, 'done']));
  const parents = ['api', 'worker', 'probe'].map((image) => images.get(image)?.tags['bake:parent-ami']);
  expect(parents).toEqual([images.get('base')?.id, images.get('base')?.id, images.get('worker')?.id]);
  const again = await bake('all');
  expect(Object.values(again.outcomes).map(({ status }) => status)).toEqual(ids.map(() => 'reused'));
});

describe('a machine from the finished api', () => {
  const machine = withMachine('api');

  it('is what its record says, and the record is the one that the tag names', async () => {
    const [text, digest, kernel, installed] = await machine().runAll(
      'cat /usr/lib/bake/record.json',
      'sha256sum /usr/lib/bake/record.json',
      'uname -r',
      `dpkg-query -W -f '\${db:Status-Abbrev}\\t\${binary:Package}\\t\${Version}\\n'`,
    );
    const record = JSON.parse(text) as RecordFile;
    const tags = images.get('api')?.tags ?? {};
    expect(digest).toContain(tags['bake:record']);
    expect(record).toMatchObject({ version: 1, image: 'api', fingerprint: tags['bake:fingerprint'] });
    expect(kernel).toBe(record.machine.kernel);
    const rows = installed.split('\n').filter((line) => line.startsWith('ii'));
    expect(Object.fromEntries(rows.map((line) => line.split('\t').slice(1)))).toEqual(record.machine.packages);
    expect(Object.keys(record.machine.packages)).toEqual(expect.arrayContaining(['nginx', 'chrony']));
  });

  it('has every file of its layers and of its parent’s', async () => {
    const files = await laidFiles('base', 'ssh', 'nginx', 'api');
    const sums = await machine().run(
      `sudo sha256sum ${Object.keys(files)
        .map((path) => `'${path}'`)
        .join(' ')}`,
    );
    const found = Object.fromEntries(sums.split('\n').map((line) => line.split('  ').reverse()));
    expect(found).toEqual(files);
  });

  it('answers through nginx, with the configuration of its region', async () => {
    const [health, , flags, config] = await machine().runAll(
      'curl -fsS --retry 20 --retry-connrefused http://127.0.0.1/healthz',
      'curl -fsS -X PUT --data true http://127.0.0.1/v1/flags/new',
      'curl -fsS http://127.0.0.1/v1/flags',
      'curl -fsS http://127.0.0.1/v1/config',
    );
    expect(health).toContain('ok');
    expect(flags).toBe('{"new": true}');
    expect(JSON.parse(config)).toMatchObject({
      loaded: true,
      database: { host: 'flags-db.us-east-1.acme.example' },
    });
  });

  it('lets in nobody but the key pair that it was launched with', async () => {
    const keys = await machine().run(
      'sudo cat /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys 2>/dev/null || :',
    );
    const key = await machine().publicKey();
    expect(key).toMatch(/^ssh-ed25519 AAAA/);
    const lines = keys.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toContain(key);
  });
});

describe('a machine from what stands on worker', () => {
  const machine = withMachine('probe');

  it('works through its spool by a timer', async () => {
    const asked = await machine().runAll('systemctl is-enabled worker.timer', 'systemctl is-active worker.timer');
    expect(asked).toEqual(['enabled', 'active']);
  });

  it('is not the machine that it was baked on', async () => {
    const [builder, machineId, hostKey, state] = await machine().runAll(
      'cat /var/lib/builder',
      'cat /etc/machine-id',
      'cut -d" " -f2 /etc/ssh/ssh_host_ed25519_key.pub',
      'ls /var/lib',
    );
    expect(builder).toMatch(/^[0-9a-f]{32}\nAAAA\S+$/);
    expect(machineId).toMatch(/^[0-9a-f]{32}$/);
    expect(hostKey).toMatch(/^AAAA\S+$/);
    expect(builder.split('\n')).not.toContain(machineId);
    expect(builder.split('\n')).not.toContain(hostKey);
    expect(state).not.toContain('bake-build');
  });

  it('was baked by scripts with a restart in between', async () => {
    expect(await machine().run('cat /var/lib/after')).toBe('restarted');
  });
});

it('leaves nothing of the bakes behind', async () => {
  const left = await sandbox.leftovers();
  expect(left.filter((what) => !/^(?:instance|volume) |^key pair reader$/.test(what))).toEqual([]);
  expect(
    (await readdir(join(project.dir, '.bake'), { recursive: true })).filter((file) => file.endsWith('.key')),
  ).toEqual([]);
});
