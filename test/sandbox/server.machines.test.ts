import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CreateImageCommand,
  CreateKeyPairCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  type EC2Client,
  GetConsoleOutputCommand,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { prepareSandbox } from '../../src/sandbox/prepare.ts';
import { debianEntry, SandboxServer, until } from '../helpers/sandbox-server.ts';

// One machine at a time, and as few boots as the behaviours allow: each takes half a minute and more.
const minutes = 60_000;
const run = promisify(execFile);

let server: SandboxServer;
let ec2: EC2Client;
let keyFile: string;
let keys: string;

beforeAll(async () => {
  const { machines } = await prepareSandbox('qemu');
  if (machines === undefined) throw new Error('no machines were prepared');
  const { images, bootDisk, acceleration } = machines;
  server = await SandboxServer.start(
    [debianEntry('x86_64', images.get('debian:12')?.disk), debianEntry('arm64')],
    ['--machines', 'qemu', '--boot-disk', bootDisk, '--accel', acceleration.accelerator],
  );
  ec2 = server.ec2();
  keys = await mkdtemp(join(tmpdir(), 'bake-keys-'));
  keyFile = join(keys, 'key');
  const { KeyMaterial = '' } = await ec2.send(new CreateKeyPairCommand({ KeyName: 'machines', KeyType: 'ed25519' }));
  await writeFile(keyFile, KeyMaterial, { mode: 0o600 });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(keys, { recursive: true, force: true });
});

async function sourceImage(architecture: string): Promise<string> {
  const Filters = [{ Name: 'architecture', Values: [architecture] }];
  return (await ec2.send(new DescribeImagesCommand({ Filters }))).Images?.[0]?.ImageId ?? '';
}

async function launch(ImageId: string, input: Partial<RunInstancesCommandInput> = {}): Promise<string> {
  const request = {
    ImageId,
    InstanceType: 't3.small' as const,
    KeyName: 'machines',
    MinCount: 1,
    MaxCount: 1,
    ...input,
  };
  return (await ec2.send(new RunInstancesCommand(request))).Instances?.[0]?.InstanceId ?? '';
}

function inState(id: string, state: string, milliseconds = 3 * minutes): Promise<Instance> {
  return until(async () => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const found = Reservations?.[0]?.Instances?.[0];
    return found?.State?.Name === state && found;
  }, milliseconds);
}

async function ssh(address: string, command: string): Promise<string> {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ConnectTimeout=10', 'LogLevel=ERROR'];
  const flags = options.flatMap((option) => ['-o', option]);
  const { stdout } = await run('ssh', [...flags, '-i', keyFile, '-p', '2222', `admin@${address}`, command]);
  return stdout;
}

/** The instance's answer to a command, once its sshd lets us in. */
async function onceUp(id: string, command: string): Promise<string> {
  const { PublicIpAddress = '' } = await inState(id, 'running');
  return until(() => ssh(PublicIpAddress, command).catch(() => undefined), 8 * minutes);
}

async function createImage(InstanceId: string, Name: string): Promise<string> {
  const { ImageId = '' } = await ec2.send(new CreateImageCommand({ InstanceId, Name }));
  await until(async () => {
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    return Images?.[0]?.State === 'available';
  }, 3 * minutes);
  return ImageId;
}

it('refuses an AMI that no machine here can boot', async () => {
  const arm64 = launch(await sourceImage('arm64'), { InstanceType: 't4g.small' });
  await expect(arm64).rejects.toMatchObject({ name: 'Unsupported', message: expect.stringContaining('arm64') });
});

it(
  'bakes a machine into an image that outlives its parent, and leaves nothing behind',
  async () => {
    const parent = await launch(await sourceImage('x86_64'), {
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 12 } }],
      UserData: Buffer.from('#!/bin/sh\necho ran > /root/user-data\n').toString('base64'),
    });
    const first = await onceUp(
      parent,
      'cloud-init status --wait >&2; cloud-init query v1.region; sudo cat /root/user-data; lsblk -bdno SIZE /dev/vda; echo baked | sudo tee /root/baked',
    );
    expect(first).toBe(`eu-central-1\nran\n${12 * 1024 ** 3}\nbaked\n`);
    const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: parent, Latest: true }));
    expect(Buffer.from(Output, 'base64').toString()).toContain('login:');

    await ec2.send(new StopInstancesCommand({ InstanceIds: [parent] }));
    await inState(parent, 'stopped');
    const base = await createImage(parent, 'base');

    // Written after the image, and so not in it.
    await ec2.send(new StartInstancesCommand({ InstanceIds: [parent] }));
    expect(await onceUp(parent, 'sudo cat /root/baked; echo later | sudo tee /root/later; sync')).toBe(
      'baked\nlater\n',
    );
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [parent] }));
    await inState(parent, 'terminated');

    const child = await launch(base, { InstanceInitiatedShutdownBehavior: 'terminate' });
    await ec2.send(new DeregisterImageCommand({ ImageId: base, DeleteAssociatedSnapshots: true }));
    expect(await onceUp(child, 'sudo ls /root')).toBe('baked\nuser-data\n');
    const { PublicIpAddress = '' } = await inState(child, 'running');
    await ssh(PublicIpAddress, 'sudo systemctl poweroff').catch(() => undefined);
    const { StateReason } = await inState(child, 'terminated');
    expect(StateReason?.Code).toBe('Client.InstanceInitiatedShutdown');
    expect(await readdir(join(server.stateDir, 'disks'))).toEqual([]);
  },
  30 * minutes,
);

it('takes its machines with it when it is killed', async () => {
  const id = await launch(await sourceImage('x86_64'));
  await inState(id, 'running');
  expect(await machinesOf(id)).not.toBe('');
  await server.end('SIGKILL');
  await until(async () => (await machinesOf(id)) === '', 10_000);
  await server.start();
  ec2 = server.ec2();
  expect((await inState(id, 'terminated', 5_000)).StateReason?.Code).toBe('Server.InternalError');
  expect(await readdir(join(server.stateDir, 'disks'))).toEqual([]);
});

/** The ids of the processes whose command line names the instance. */
async function machinesOf(id: string): Promise<string> {
  return run('pgrep', ['-f', `qemu-system.*${id}`]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
