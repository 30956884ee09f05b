import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateKeyPairCommand,
  DescribeInstancesCommand,
  type EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { execa } from 'execa';
import { until } from './sandbox-server.ts';

const KEY_NAME = 'reader';
/** Milliseconds until a machine lets somebody in, emulated and on a busy computer. */
const BOOT_LIMIT = 480_000;

export interface LaunchOptions {
  /** Name of its instance profile. */
  readonly profile?: string;
  readonly userData?: Buffer;
}

/** Launches finished AMIs and logs in to them with a key pair that no bake has seen. */
export class Launcher {
  private readonly ec2: EC2Client;
  private readonly dir: string;

  private constructor(ec2: EC2Client, dir: string) {
    this.ec2 = ec2;
    this.dir = dir;
  }

  static async create(ec2: EC2Client): Promise<Launcher> {
    await execa('ssh', ['-V']).catch(() => {
      throw new Error('these tests log in to machines: install openssh-client');
    });
    const dir = await mkdtemp(join(tmpdir(), 'bake-launcher-'));
    const { KeyMaterial = '' } = await ec2.send(new CreateKeyPairCommand({ KeyName: KEY_NAME, KeyType: 'ed25519' }));
    await writeFile(join(dir, 'key'), KeyMaterial, { mode: 0o600 });
    return new Launcher(ec2, dir);
  }

  /** A machine from an AMI, once its sshd lets us in. */
  async launch(ImageId: string, { profile, userData }: LaunchOptions = {}): Promise<Machine> {
    const IamInstanceProfile = profile === undefined ? undefined : { Name: profile };
    const UserData = userData?.toString('base64');
    const machine = { ImageId, InstanceType: 't3.small', KeyName: KEY_NAME, IamInstanceProfile, UserData } as const;
    const request = { ...machine, MinCount: 1, MaxCount: 1 };
    const { Instances = [] } = await this.ec2.send(new RunInstancesCommand(request));
    const id = Instances[0]?.InstanceId ?? '';
    const address = await until(async () => {
      const { Reservations } = await this.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      const found = Reservations?.[0]?.Instances?.[0];
      return found?.State?.Name === 'running' && found.PublicIpAddress;
    }, BOOT_LIMIT);
    const launched = new Machine(this.ec2, id, address, join(this.dir, 'key'));
    await until(
      () =>
        launched.run('true').then(
          () => true,
          () => false,
        ),
      BOOT_LIMIT,
    );
    return launched;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

export class Machine {
  readonly id: string;
  private readonly ec2: EC2Client;
  private readonly address: string;
  private readonly keyFile: string;

  constructor(ec2: EC2Client, id: string, address: string, keyFile: string) {
    this.ec2 = ec2;
    this.id = id;
    this.address = address;
    this.keyFile = keyFile;
  }

  /** Runs a shell script as the AMI's user; what it prints, without the last line end. */
  async run(script: string): Promise<string> {
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ConnectTimeout=10', 'LogLevel=ERROR'];
    const flags = options.flatMap((option) => ['-o', option]);
    const login = ['-i', this.keyFile, '-p', '2222', `admin@${this.address}`, 'sh -eu'];
    return (await execa('ssh', [...flags, ...login], { input: script, timeout: 120_000 })).stdout;
  }

  /** What each of several scripts prints, for one login: that takes an emulated machine seconds. */
  async runAll<const Scripts extends readonly string[]>(
    ...scripts: Scripts
  ): Promise<{ [At in keyof Scripts]: string }> {
    const output = await this.run(`{\n${scripts.join("\nprintf '\\0'\n")}\n} </dev/null`);
    return output.split('\0').map((text) => text.trimEnd()) as { [At in keyof Scripts]: string };
  }

  /** The key pair that it was launched with, as its metadata tells: `ssh-ed25519 AAAA…`. */
  publicKey(): Promise<string> {
    const url = 'http://169.254.169.254/latest';
    const token = `$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' ${url}/api/token)`;
    const key = `${url}/meta-data/public-keys/0/openssh-key`;
    return this.run(`curl -fsS -H "X-aws-ec2-metadata-token: ${token}" ${key} | cut -d' ' -f1,2`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ec2.send(new TerminateInstancesCommand({ InstanceIds: [this.id] }));
  }
}
