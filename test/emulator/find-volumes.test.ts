import { readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { packageFile } from '../../src/setup/paths.ts';
import { ensureVenv } from '../../src/setup/venv.ts';
import { MachineRoot } from '../helpers/machine-root.ts';

/** What volumes.py finds of these volumes on a machine with these disks; a text is a disk's serial number. */
async function find(volumes: Readonly<Record<string, string>>, disks: Readonly<Record<string, string | null>>) {
  const files = Object.entries(disks).map(([disk, serial]) =>
    serial === null ? [`/sys/block/${disk}/size`, '0\n'] : [`/sys/block/${disk}/serial`, `${serial}\n`],
  );
  await using root = await MachineRoot.create(Object.fromEntries(files));
  const lines = Object.entries(volumes).map(([name, device]) => `${name}\t${device}\n`);
  await writeFile(join(root.work, 'volumes'), lines.join(''));
  const links = join(root.path, 'run/bake/volumes');
  const args = ['--links', links, '--limit', '0', join(root.work, 'volumes')];
  const { exitCode, stderr } = await root.run('volumes.py', ...args);
  const found = await root.names('run/bake/volumes');
  const targets = await Promise.all(found.map(async (name) => [name, await readlink(join(links, name))]));
  return { exitCode, stderr, links: Object.fromEntries(targets) };
}

const VOLUMES = { data: '/dev/sdf', 'old-logs': '/dev/xvdba' };

describe('volumes.py', () => {
  test('knows disks by their serial numbers, as the sandbox gives them', async () => {
    const disks = { vda: 'xvda', vdb: 'xvdba', vdc: 'sdf', vdd: null, loop0: null };
    expect(await find(VOLUMES, disks)).toEqual({
      exitCode: 0,
      stderr: '',
      links: { data: '/dev/vdc', 'old-logs': '/dev/vdb' },
    });
  });

  test('knows disks by their names, as Xen has them', async () => {
    const { links } = await find(VOLUMES, { xvda: null, xvdf: null, xvdba: null });
    expect(links).toEqual({ data: '/dev/xvdf', 'old-logs': '/dev/xvdba' });
  });

  test('says what is not there, and makes no links then', async () => {
    const { exitCode, stderr, links } = await find(VOLUMES, { xvda: null, xvdf: null });
    expect({ exitCode, links }).toEqual({ exitCode: 1, links: {} });
    expect(stderr).toContain('this machine has no volume old-logs at /dev/xvdba; block devices are xvda, xvdf');
  });
});

/** What an NVMe controller says of itself, as the specification and EC2's own ebsnvme-id lay it out. */
function identity(vendor: number, model: string, name: string): string {
  const bytes = Buffer.alloc(4096);
  bytes.writeUInt16LE(vendor, 0);
  bytes.write(model.padEnd(40), 24, 'ascii');
  bytes.write(name.padEnd(32), 3072, 'ascii');
  return bytes.toString('base64');
}

test.each([
  ['/dev/sdf', 0x1d0f, 'Amazon Elastic Block Store', '/dev/sdf'],
  ['xvdba', 0x1d0f, 'Amazon Elastic Block Store', 'xvdba'],
  ['an instance store', 0x1d0f, 'Amazon EC2 NVMe Instance Storage', null],
  ['a disk of somebody else', 0x1b36, 'QEMU NVMe Ctrl', null],
])('volumes.py reads what an NVMe device says: %s', async (text, vendor, model, name) => {
  const program = [
    'import base64, json, sys',
    `sys.path.insert(0, ${JSON.stringify(packageFile('templates/provision'))})`,
    'import volumes',
    'print(json.dumps(volumes.ec2_name(base64.b64decode(sys.stdin.read()))))',
    // As long as the kernel says that the command is.
    'assert volumes.ADMIN_COMMAND.size == 72',
  ].join('\n');
  const input = identity(vendor, model, name ?? text);
  const { stdout } = await execa(await ensureVenv(), ['-B', '-c', program], { input });
  expect(JSON.parse(stdout)).toBe(name);
});
