import { cp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CreateImageCommand, DescribeImagesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checksOf, type TrialReport } from '../../src/model/trial.ts';
import { eventsOf, resultOf } from '../helpers/cli.ts';
import { Launcher } from '../helpers/cli-machines.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { Project } from '../helpers/project.ts';
import { until } from '../helpers/sandbox-server.ts';

// A source AMI whose vendor undoes everything, and layers that bake it nevertheless, by files and by scripts.
const fixture = resolve(import.meta.dirname, '../fixtures/vendor');

/** Checks of a trial, one for each setting that the vendor's configuration undoes. */
const UNDONE = [
  'files/etc/chrony/chrony.conf',
  'files/etc/ssl/certs/ca-certificates.crt',
  'hostname/etc/hostname',
  'hosts/10.20.30.40',
  'locale/etc/default/locale LANG',
  'sources/etc/apt/mirrors/debian.list',
  'sources/etc/apt/sources.list.d/acme.list',
  'sshd/passwordauthentication',
  'timezone/etc/localtime',
  'users/admin',
  'users/carol',
  'packages/acme-pinned',
];

let sandbox: CliSandbox;
let source: string;

beforeAll(async () => {
  sandbox = await CliSandbox.up();
  source = await vendorImage(sandbox.ec2());
});
afterAll(() => sandbox?.down());

/** As a vendor makes one: a machine from Debian's, the vendor's file put into it, and an AMI from that. */
async function vendorImage(ec2: EC2Client): Promise<string> {
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({ Filters: [{ Name: 'name', Values: ['debian-12-*'] }] }),
  );
  const debian = Images.find(({ Architecture }) => Architecture === 'x86_64')?.ImageId ?? '';
  await using launcher = await Launcher.create(ec2);
  await using machine = await launcher.launch(debian);
  const vendor = await readFile(join(fixture, '50-vendor.cfg'), 'utf8');
  await machine.run('sudo cloud-init status --wait || :');
  // And nobody's key or sudo rule, as a vendor's has none.
  await machine.run(`sudo tee /etc/cloud/cloud.cfg.d/50-vendor.cfg >/dev/null <<'END'
${vendor}
END
sudo cloud-init clean --logs
sudo rm -f /root/.ssh/authorized_keys .ssh/authorized_keys /etc/sudoers.d/90-cloud-init-users
sync`);
  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: machine.id, Name: 'vendor/appliance', Description: 'with a will of its own' }),
  );
  await until(async () => {
    const { Images: made } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    return made?.[0]?.State === 'available';
  }, 120_000);
  return ImageId;
}

async function appliance(settings: object): Promise<Project> {
  const project = await sandbox.project({
    images: { appliance: { source: { owner: 'self', id: source }, layers: ['identity', 'policy'] } },
    settings: { build: { sshUser: 'admin', timeLimits: { connect: '6m' } }, ...settings },
  });
  await cp(join(fixture, 'layers'), join(project.dir, 'layers'), { recursive: true });
  project.patience = 1_200_000;
  return project;
}

async function tried(
  project: Project,
): Promise<{ readonly code: number | null; readonly troubles: readonly string[] }> {
  const baked = await project.bake(['base', 'appliance', '--sandbox', '--json']);
  if (baked.code !== 0) throw new Error(JSON.stringify(resultOf(baked.stdout), null, 1));
  const { code, stdout } = await project.bake(['try', 'appliance', '--sandbox', '--json']);
  const finished = eventsOf(stdout).find(({ type }) => type === 'trial-finished') as
    | { report?: TrialReport }
    | undefined;
  if (finished?.report === undefined) throw new Error(stdout);
  const found = checksOf(finished.report).filter(({ check }) => check.status === 'lost' || check.status === 'failed');
  return { code, troubles: found.map(({ at, check }) => `${at}: ${check.id}: ${check.found}`) };
}

it('loses without protection what the vendor’s settings undo, and reports it', async () => {
  await using project = await appliance({ templates: 'templates' });
  // The guard still looks at what the layers change, so that the record has it; it only writes no override.
  await project.write('templates/provision/protection.py', 'def protect(root, rows, memory):\n    return [], []\n');
  const { code, troubles } = await tried(project);
  expect(code).toBe(1);
  const lost = troubles.map((trouble) => trouble.split(': ').slice(0, 2).join(': '));
  for (const boot of [1, 2]) {
    expect(lost).toEqual(expect.arrayContaining(UNDONE.map((id) => `appliance/x86_64#1 boot ${boot}: ${id}`)));
  }
});

it('keeps all of it over two boots', async () => {
  await using project = await appliance({});
  const { code, troubles } = await tried(project);
  expect(troubles).toEqual([]);
  expect(code).toBe(0);
});
