import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { ensureVenv } from '../../src/setup/venv.ts';
import { expectKnownCalls } from './known-calls.ts';

const serverScript = resolve(import.meta.dirname, '../../src/sandbox/server.py');
export interface ServerFile {
  readonly version: 1;
  readonly pid: number;
  readonly port: number;
  readonly endpoint: string;
  readonly machines: 'qemu' | 'none';
  readonly sshPort: number;
}

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SourceImageEntry {
  readonly name: string;
  readonly owner: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly sizeGiB: number;
  readonly disk: string | null;
  readonly bootMode?: 'legacy-bios' | 'uefi';
  readonly creationDate: string;
}

export const debianOwner = '136693071363';

export function debianEntry(architecture: 'x86_64' | 'arm64', disk: string | null = null): SourceImageEntry {
  const name = `debian-12-${architecture === 'x86_64' ? 'amd64' : 'arm64'}-20261101-2000`;
  return { name, owner: debianOwner, architecture, sizeGiB: 8, disk, creationDate: '2026-11-01T00:00:00.000Z' };
}

/** A sandbox server of the test's own: a free port, a temporary state folder. */
export class SandboxServer {
  readonly directory: string;
  readonly #options: readonly string[];
  readonly #python: string;
  #child: ChildProcess | undefined;
  #file: ServerFile | undefined;
  #clients: EC2Client[] = [];

  private constructor(directory: string, options: readonly string[], python: string) {
    this.directory = directory;
    this.#python = python;
    this.#options = options;
  }

  static async start(
    images: readonly SourceImageEntry[] = [debianEntry('x86_64'), debianEntry('arm64')],
    options: readonly string[] = [],
  ): Promise<SandboxServer> {
    const directory = await mkdtemp(join(tmpdir(), 'bake-sandbox-'));
    const server = new SandboxServer(directory, options, await ensureVenv());
    await server.list(images);
    await server.start();
    return server;
  }

  /** Writes the file that lists the source images, which the server reads when it is told to. */
  list(images: unknown): Promise<void> {
    return writeFile(join(this.directory, 'images.json'), JSON.stringify({ version: 1, images }));
  }

  get stateDir(): string {
    return join(this.directory, 'state');
  }

  get file(): ServerFile {
    if (this.#file === undefined) throw new Error('the sandbox server is not running');
    return this.#file;
  }

  get endpoint(): string {
    return this.file.endpoint;
  }

  /** Starts the server on the state that is there; throws with its own words when it refuses. */
  async start(): Promise<void> {
    const child = this.spawn();
    this.#child = child;
    const path = join(this.stateDir, 'server.json');
    this.#file = await until(async () => {
      if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}: ${await this.log()}`);
      const file: ServerFile = JSON.parse(await readFile(path, 'utf8').catch(() => '{}'));
      return file.pid === child.pid ? file : undefined;
    }, 60_000);
  }

  /** Only the process, for tests of starts that fail. */
  spawn(): ChildProcess {
    const log = openSync(join(this.directory, 'server.log'), 'a');
    const images = join(this.directory, 'images.json');
    const args = [serverScript, '--state-dir', this.stateDir, '--images', images, ...this.#options];
    const child = spawn(this.#python, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    return child;
  }

  log(): Promise<string> {
    return readFile(join(this.directory, 'server.log'), 'utf8');
  }

  /** Ends the process and returns its exit code, or the signal that ended it. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | string> {
    for (const client of this.#clients.splice(0)) client.destroy();
    const child = this.#child;
    if (signal === 'SIGTERM' && this.#file !== undefined && child?.exitCode === null)
      await expectKnownCalls(this.endpoint);
    this.#child = undefined;
    this.#file = undefined;
    if (child === undefined) return 0;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    return child.exitCode ?? child.signalCode ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A client of one region, in the sandbox's default account or in that of the given keys. */
  ec2(region = 'eu-central-1', credentials: AwsKeys = { accessKeyId: 'test', secretAccessKey: 'test' }): EC2Client {
    const client = new EC2Client({ region, endpoint: this.endpoint, credentials, maxAttempts: 1 });
    this.#clients.push(client);
    return client;
  }

  /** A client of one region as a role of another account. */
  async ec2Of(account: string, region = 'eu-central-1'): Promise<EC2Client> {
    return this.ec2(region, await this.keysOf(account));
  }

  async keysOf(account: string): Promise<AwsKeys> {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const sts = new STSClient({ region: 'eu-central-1', endpoint: this.endpoint, credentials });
    const RoleArn = `arn:aws:iam::${account}:role/release`;
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }));
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }

  async control(method: 'GET' | 'POST', name: string): Promise<SandboxStatus> {
    // Which forgets them.
    if (name === 'reset') await expectKnownCalls(this.endpoint);
    const answer = await fetch(`${this.endpoint}/_bake/${name}`, { method });
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return (await answer.json()) as SandboxStatus;
  }

  /** `/_bake/behaviour` and the like; throws with the server's own words. */
  async set(name: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${this.endpoint}/_bake/${name}`, { method: 'POST', body: JSON.stringify(body) });
    const content: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status}: ${JSON.stringify(content)}`);
    return content;
  }
}

export interface SandboxStatus {
  readonly version: 1;
  readonly machines: string;
  readonly instances: readonly {
    readonly instanceId: string;
    readonly state: string;
    readonly address: string | null;
  }[];
  readonly disksBytes: number;
}

/** Asks again and again until there is an answer; throws after `milliseconds`, naming the last one. */
export async function until<T>(ask: () => Promise<T | undefined | false>, milliseconds: number): Promise<T> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`nothing after ${milliseconds} ms: ${ask}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
