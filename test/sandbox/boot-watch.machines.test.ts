import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DescribeImagesCommand, GetConsoleOutputCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureTools } from '../../src/setup/ensure-tools.ts';
import { debianEntry, SandboxServer, until } from '../helpers/sandbox-server.ts';

const run = promisify(execFile);
const GRUB = '/usr/lib/grub/i386-pc';

/** What a kernel says that hangs then. */
const LAST_WORDS = '[    0.912345] smpboot: x86: Booting SMP configuration:';

let folder: string;

beforeAll(async () => {
  await ensureTools(['qemu-system-x86_64', 'qemu-img', 'grub-mkimage']);
  folder = await mkdtemp(join(tmpdir(), 'bake-watch-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A disk that says one line on the serial console, and hangs. */
async function hangingDisk(): Promise<string> {
  const [config, core, disk] = [join(folder, 'grub.cfg'), join(folder, 'core.img'), join(folder, 'boot.img')];
  const lines = ['serial --unit=0 --speed=115200', 'terminal_output serial', `echo "${LAST_WORDS}"`, 'sleep 100000'];
  await writeFile(config, `${lines.join('\n')}\n`);
  const modules = ['biosdisk', 'serial', 'terminal', 'echo', 'sleep'];
  const options = ['--format=i386-pc', '--prefix=/', `--directory=${GRUB}`, `--config=${config}`, `--output=${core}`];
  await run('grub-mkimage', [...options, ...modules]);
  await run('sh', ['-c', `cat "${GRUB}/boot.img" "${core}" >"${disk}" && truncate --size=1M "${disk}"`]);
  return disk;
}

it('resets a machine that hangs while its kernel starts, under plain emulation', async () => {
  const root = join(folder, 'root.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', root, '8G']);
  const options = ['--machines', 'qemu', '--accel', 'tcg', '--boot-disk', await hangingDisk()];
  await using server = await SandboxServer.start([debianEntry('x86_64', root)], options);
  const ec2 = server.ec2();
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({}));
  const launch = { ImageId: Images[0]?.ImageId, InstanceType: 't3.nano' as const, MinCount: 1, MaxCount: 1 };
  const { Instances = [] } = await ec2.send(new RunInstancesCommand(launch));
  const InstanceId = Instances[0]?.InstanceId ?? '';
  const starts = async () => {
    const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId }));
    return Buffer.from(Output, 'base64').toString().split(LAST_WORDS).length - 1;
  };
  await until(async () => (await starts()) === 1, 60_000);
  await until(async () => (await starts()) === 2, 150_000);
  expect(await server.log()).toContain(`${InstanceId} hangs while it starts: reset`);
});
