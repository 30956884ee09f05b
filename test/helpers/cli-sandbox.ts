import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { endAll } from './cli.ts';
import { leftovers } from './cli-leftovers.ts';
import { expectKnownCalls } from './known-calls.ts';
import { Project, type ProjectSpec } from './project.ts';

interface Status {
  readonly up: boolean;
  readonly pid: number;
  readonly endpoint: string;
  readonly machines: string;
  readonly stateDir: string;
}

/** The sandbox of a test file, started and stopped by the CLI; its projects are all named `acme` and share it. */
export class CliSandbox {
  private readonly owner: Project;
  private readonly env: Readonly<Record<string, string>>;
  status: Status;

  private constructor(owner: Project, env: Readonly<Record<string, string>>, status: Status) {
    this.owner = owner;
    this.env = env;
    this.status = status;
  }

  static async up(...options: readonly string[]): Promise<CliSandbox> {
    const dataHome = await mkdtemp(join(tmpdir(), 'bake-data-'));
    const env = { XDG_DATA_HOME: dataHome };
    const owner = await Project.create(undefined, env);
    const sandbox = new CliSandbox(owner, env, { up: false, pid: 0, endpoint: '', machines: '', stateDir: '' });
    await sandbox.start(...options);
    return sandbox;
  }

  async start(...options: readonly string[]): Promise<void> {
    const { code, stderr, stdout } = await this.owner.bake(['sandbox', 'up', ...options, '--json']);
    if (code !== 0) throw new Error(`sandbox up: exit code ${code}\n${stdout}\n${stderr}`);
    this.status = JSON.parse((await this.owner.bake(['sandbox', 'status', '--json'])).stdout);
  }

  get endpoint(): string {
    return this.status.endpoint;
  }

  /** A new checkout that uses this sandbox. */
  project(spec?: ProjectSpec, env: Readonly<Record<string, string>> = {}): Promise<Project> {
    return Project.create(spec, { ...this.env, ...env });
  }

  /** As new: no images, no records. */
  async reset(): Promise<void> {
    await expectKnownCalls(this.endpoint);
    const answer = await fetch(`${this.endpoint}/_bake/reset`, { method: 'POST' });
    if (!answer.ok) throw new Error(`reset: ${answer.status}`);
    await rm(join(this.status.stateDir, 'records'), { recursive: true, force: true });
  }

  ec2(): EC2Client {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return new EC2Client({ region: 'us-east-1', endpoint: this.endpoint, credentials });
  }

  /** What bakes left: everything but finished images. */
  leftovers(): Promise<readonly string[]> {
    return leftovers(this.ec2());
  }

  async down(): Promise<void> {
    await endAll();
    await expectKnownCalls(this.endpoint);
    const { code, stderr } = await this.owner.bake(['sandbox', 'down']);
    await this.owner[Symbol.asyncDispose]();
    await rm(this.env.XDG_DATA_HOME ?? '', { recursive: true, force: true });
    if (code !== 0) throw new Error(`sandbox down: exit code ${code}\n${stderr}`);
  }
}
