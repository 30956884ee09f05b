import type { EC2Client } from '@aws-sdk/client-ec2';
import { createPointers } from '../../src/aws/promotion/pointers.ts';
import { createSiteImages } from '../../src/aws/promotion/site-images.ts';
import { targetId } from '../../src/model/channel.ts';
import type { AccountId, AmiId } from '../../src/model/ids.ts';
import type { Tags } from '../../src/model/image.ts';
import type { ObservedImage, Site } from '../../src/model/promotion.ts';
import { TAG } from '../../src/model/tags.ts';
import type { SiteImages } from '../../src/run/promote-effects.ts';
import { sha256 } from './builders.ts';
import { type CliResult, type ResultEvent, type RunningCli, resultOf } from './cli.ts';
import { ask, callsAfter, type RecordedCall } from './interference.ts';
import { available, makeAmi } from './make-ami.ts';
import { Project, twoImages } from './project.ts';
import { KEYS } from './region-config.ts';
import type { SandboxServer } from './sandbox-server.ts';
import { ACCOUNT, at, OTHER, sandboxSites } from './sites.ts';
import { quickWaiting } from './waiting.ts';

export const HOME = 'us-east-1';
export const ROLE = `arn:aws:iam::${OTHER}:role/bake-promote`;

/** An own copy in each region, and one of another account in each. */
export const twoAccounts = (...regions: readonly string[]) => [
  { regions },
  { account: OTHER, role: ROLE, mode: 'copy', regions },
];

export interface ChannelSettings {
  readonly channels: object;
  /** A state bucket, which `withState` makes. */
  readonly state?: boolean;
  readonly [other: string]: unknown;
}

/** A project of its own name whose images are registered, not baked, and promoted by the CLI. */
export class ChannelProject {
  readonly name: string;
  readonly project: Project;
  readonly server: SandboxServer;
  readonly sites: ReturnType<typeof sandboxSites>;

  private constructor(name: string, project: Project, server: SandboxServer) {
    this.name = name;
    this.project = project;
    this.server = server;
    this.sites = sandboxSites(server);
  }

  static async create(server: SandboxServer, name: string, settings: ChannelSettings): Promise<ChannelProject> {
    const made = new ChannelProject(name, await Project.create(), server);
    await made.configure(settings);
    if (settings.state) {
      const { code, stderr } = await made.run(['state', 'init', '--yes']);
      if (code !== 0) throw new Error(stderr);
    }
    return made;
  }

  configure({ state, ...settings }: ChannelSettings): Promise<void> {
    const bucket = state ? { state: { bucket: `${this.name}-state` } } : {};
    return this.project.configure({ ...twoImages, settings: { project: this.name, ...bucket, ...settings } });
  }

  start(args: readonly string[]): RunningCli {
    return this.project.start(args, { ...KEYS, AWS_ENDPOINT_URL: this.server.endpoint });
  }

  run(args: readonly string[]): Promise<CliResult> {
    return this.start(args).ended;
  }

  /** `--json`; throws unless it ends as it should. */
  async result(exitCode: number, ...args: readonly string[]): Promise<ResultEvent> {
    const { code, stdout, stderr } = await this.run([...args, '--json']);
    if (code !== exitCode) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
    return resultOf(stdout);
  }

  promote(version: number, ...options: readonly string[]): Promise<ResultEvent> {
    return this.result(0, 'promote', `api@${version}.0.0`, '--yes', ...options);
  }

  /** Registers version `<number>.0.0` of the image, as a bake leaves it. */
  async add(number: number, { image = 'api', tags = {}, ec2 }: Adding = {}): Promise<AmiId> {
    const version = `${number}.0.0`;
    const identity = {
      [TAG.project]: this.name,
      [TAG.image]: image,
      [TAG.version]: version,
      [TAG.architecture]: 'x86_64',
      [TAG.fingerprint]: sha256(`${image} ${version}`),
      team: 'web',
      ...tags,
    };
    const imageId = await makeAmi(ec2 ?? this.ec2(HOME), this.amiName(number, image), identity);
    await available(this.images(HOME), imageId);
    return imageId;
  }

  ec2 = (region: string, account?: AccountId): EC2Client => this.sites.open(region, account).ec2;

  images = (region: string, account: AccountId = ACCOUNT): SiteImages =>
    createSiteImages(this.sites.open(region, account), quickWaiting(0));

  pointers = (region: string, account: AccountId = ACCOUNT) =>
    createPointers({ ...at(region, account), mode: 'copy' }, this.sites.open(region, account), quickWaiting());

  /** The AMIs of the project at a site with their permissions, by name. */
  async there(region: string, account: AccountId = ACCOUNT): Promise<readonly ObservedImage[]> {
    const images = this.images(region, account);
    const names = [1, 2, 3].map((number) => this.amiName(number));
    const found = await images.find({ copiesOf: [], names, imageIds: [] });
    return Promise.all(found.map((image) => images.withPermissions(image)));
  }

  /** What the parameter of the channel says, by target. */
  async says(sites: readonly Site[], channel = 'prod'): Promise<Readonly<Record<string, string | undefined>>> {
    const read = sites.map(async (site) => {
      const pointer = await this.pointers(site.region, site.account).readParameter(`/${this.name}/${channel}/api`);
      return [targetId(site), pointer?.imageId] as const;
    });
    return Object.fromEntries(await Promise.all(read));
  }

  amiName = (number: number, image = 'api'): string => `${this.name}/${image}/${number}.0.0-x86_64`;

  async [Symbol.asyncDispose](): Promise<void> {
    this.sites.close();
    await this.project[Symbol.asyncDispose]();
  }
}

interface Adding {
  readonly image?: string;
  readonly tags?: Tags;
  readonly ec2?: EC2Client;
}

/** What a piece of work does to the cloud. */
export async function callsOf<T>(server: SandboxServer, work: () => Promise<T>) {
  const { last } = await ask<{ readonly last: number }>(server, 'calls?after=0');
  const answer = await work();
  const calls = await callsAfter(server, last);
  const changes = calls.filter(({ mutating }: RecordedCall) => mutating).map(({ action }) => action);
  return { answer, calls, changes };
}
