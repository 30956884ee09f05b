import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { TAG } from '../../src/model/tags.ts';
import type { RunningCli } from './cli.ts';
import { ask, callsAfter, type RecordedCall } from './interference.ts';
import { makeAmi } from './make-ami.ts';
import { Project, twoImages } from './project.ts';
import { KEYS } from './region-config.ts';
import { describeImage } from './sandbox-images.ts';
import { debianEntry, SandboxServer, until } from './sandbox-server.ts';
import { readWorld, type World, WorldClients } from './shipped-world.ts';

export const OWN = '123456789012';
export const COPIER = '222233334444';
export const SHARER = '333344445555';
export const REGIONS = ['us-east-1', 'eu-west-1', 'ap-southeast-2'] as const;
const BUCKET = 'acme-state';

const roleOf = (account: string): string => `arn:aws:iam::${account}:role/bake-promote`;

/** Where a channel brings images: as the configuration says it. */
export type LabTargets = readonly {
  readonly regions: readonly string[];
  readonly account?: string;
  readonly role?: string;
  readonly mode?: 'copy' | 'share';
}[];

/** Three regions of our own account and of one that copies, and one region of an account that shares ours. */
export const EVERYWHERE: LabTargets = [
  { regions: REGIONS },
  { account: COPIER, role: roleOf(COPIER), mode: 'copy', regions: REGIONS },
  { account: SHARER, role: roleOf(SHARER), mode: 'share', regions: ['eu-west-1'] },
];

/** One of each: what every call is made for. */
export const ONE_OF_EACH: LabTargets = [
  { regions: ['us-east-1', 'eu-west-1'] },
  { account: COPIER, role: roleOf(COPIER), mode: 'copy', regions: ['eu-west-1'] },
];

const channelOf = (targets: LabTargets) => ({
  targets,
  pointers: { parameter: '/acme/{channel}/{image}', launchTemplate: '{project}-{image}' },
  deprecateAfter: '90d',
  // Of copies that take a third of a second: what never ends has to, in tests that try it.
  targetTimeLimit: '45s',
  deregistrationProtection: true,
});

/** A project with a state bucket and one channel, against a sandbox of its own; versions are baked by no Packer. */
export class PromotionLab {
  readonly server: SandboxServer;
  readonly project: Project;
  readonly targets: readonly { readonly account: string; readonly region: string }[];
  #clients: WorldClients | undefined;
  /** Versions made since the sandbox was new. */
  made = 0;

  private constructor(server: SandboxServer, project: Project, targets: LabTargets) {
    this.server = server;
    this.project = project;
    this.targets = targets.flatMap(({ regions, account = OWN }) => regions.map((region) => ({ account, region })));
  }

  static async start(targets: LabTargets): Promise<PromotionLab> {
    const quick = ['--pending-seconds', '0.02', '--copy-seconds', '0.3'];
    const server = await SandboxServer.start([debianEntry('x86_64')], quick);
    const settings = { state: { bucket: BUCKET }, channels: { prod: channelOf(targets) } };
    return new PromotionLab(server, await Project.create({ ...twoImages, settings }), targets);
  }

  /** An empty world, but for the state bucket. */
  async renew(): Promise<void> {
    await this.server.control('POST', 'reset');
    this.#clients?.close();
    this.#clients = new WorldClients(this.server.endpoint, {
      [OWN]: { accessKeyId: 'test', secretAccessKey: 'test' },
      [COPIER]: await this.server.keysOf(COPIER),
      [SHARER]: await this.server.keysOf(SHARER),
    });
    this.made = 0;
    await this.clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  }

  get clients(): WorldClients {
    if (this.#clients === undefined) throw new Error('the lab was not renewed');
    return this.#clients;
  }

  /** The next version, as a bake leaves it. */
  async bakeNext(): Promise<Baked> {
    this.made++;
    const version = versionOf(this.made);
    const tags = {
      [TAG.project]: 'acme',
      [TAG.image]: 'api',
      [TAG.version]: version,
      [TAG.architecture]: 'x86_64',
      [TAG.fingerprint]: fingerprintOf(this.made),
      Name: `acme/api ${version}`,
      team: 'web',
    };
    const ec2 = this.clients.ec2(OWN, 'us-east-1');
    const imageId = await makeAmi(ec2, `acme/api/${version}-x86_64`, tags);
    await until(async () => (await describeImage(ec2, imageId)).State === 'available', 20_000);
    return { version, imageId, serial: this.made };
  }

  promote(version: string, env: Readonly<Record<string, string>> = {}): RunningCli {
    const args = ['promote', `api@${version}`, '--to', 'prod', '--yes', '--json'];
    return this.project.start(args, { ...KEYS, AWS_ENDPOINT_URL: this.server.endpoint, ...env });
  }

  /** Promotes without disturbance, and returns its calls. */
  async promoteWell(version: string): Promise<readonly RecordedCall[]> {
    const { last } = await ask<{ readonly last: number }>(this.server, 'calls');
    const { code, stdout, stderr } = await this.promote(version).ended;
    if (code !== 0) throw new Error(`promote: exit code ${code}\n${stdout}\n${stderr}`);
    return callsAfter(this.server, last);
  }

  world(): Promise<World> {
    return readWorld(this.clients, this.targets, () => this.#channelState());
  }

  async #channelState(): Promise<unknown> {
    try {
      const { Body } = await this.clients.s3.send(
        new GetObjectCommand({ Bucket: BUCKET, Key: 'channels/prod/api.json' }),
      );
      return JSON.parse((await Body?.transformToString()) ?? 'null');
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#clients?.close();
    await this.project[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

export interface Baked {
  readonly version: string;
  readonly imageId: string;
  /** From 1 in each world: so many promotions has the channel seen. */
  readonly serial: number;
}

// All of one length, so that none is the beginning of another.
export const versionOf = (serial: number): string => `2026.11.20.${100 + serial}`;
export const fingerprintOf = (serial: number): string => `${1000 + serial}`.padStart(64, 'f');
