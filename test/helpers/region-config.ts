import { createHash } from 'node:crypto';
import { GetBucketTaggingCommand, GetObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { type Manifest, parseManifest } from '../../src/model/region-manifest.ts';
import { contentDigest } from '../../src/plan/region-config.ts';
import type { CliResult, RunningCli } from './cli.ts';
import { Project } from './project.ts';
import type { SandboxServer } from './sandbox-server.ts';

/** Whom the emulator takes keys of nobody for. */
export const ACCOUNT = '123456789012';
export const OTHER_ACCOUNT = '111122223333';

export const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };
const REGIONS = ['us-east-1', 'eu-west-1'];

export interface Checkout {
  readonly values?: object;
  readonly config?: object;
  readonly channels?: object;
}

/** A project whose `api` has region config for two regions, in buckets whose names begin with `name`. */
export class ConfigProject {
  readonly project: Project;
  readonly name: string;
  readonly server: SandboxServer;

  private constructor(project: Project, name: string, server: SandboxServer) {
    this.project = project;
    this.name = name;
    this.server = server;
  }

  static async create(server: SandboxServer, name: string, checkout: Checkout = {}): Promise<ConfigProject> {
    const made = new ConfigProject(await Project.create(), name, server);
    await made.project.write('region-config/limits.conf.hbs', 'region = {{region}}\nfiles = {{limits.files}}\n');
    await made.configure(checkout);
    return made;
  }

  configure({ values = {}, config = {}, channels }: Checkout): Promise<void> {
    const regionConfig = {
      bucket: `${this.name}-{account}-{region}`,
      files: { 'limits.conf': 'region-config/limits.conf.hbs' },
      values: { log: 'info', limits: { files: 1024 }, ...values },
      regionValues: { 'us-east-1': { database: 'db.us' }, 'eu-west-1': { database: 'db.eu' } },
      required: ['database'],
      ...config,
    };
    return this.project.configure({
      images: { base: { source: 'debian:12', layers: ['os'] }, api: { parent: 'base', regionConfig } },
      settings: { channels: channels ?? { staging: { targets: [{ regions: REGIONS }] } } },
    });
  }

  start(verb: string, options: readonly string[] = [], endpoint = this.server.endpoint): RunningCli {
    return this.project.start(['region-config', verb, 'api', ...options], { ...KEYS, AWS_ENDPOINT_URL: endpoint });
  }

  run(verb: string, options: readonly string[] = [], endpoint?: string): Promise<CliResult> {
    return this.start(verb, options, endpoint).ended;
  }

  push(options: readonly string[] = [], endpoint?: string): Promise<CliResult> {
    return this.run('push', ['--yes', '--json', ...options], endpoint);
  }

  bucket(region: string, account = ACCOUNT): string {
    return `${this.name}-${account}-${region}`;
  }

  /** What instances of the region find. */
  async found(region: string): Promise<Published | undefined> {
    return published(this.s3(region), this.bucket(region));
  }

  async bucketTags(region: string): Promise<Readonly<Record<string, string>>> {
    const tagging = new GetBucketTaggingCommand({ Bucket: this.bucket(region) });
    const { TagSet = [] } = await this.s3(region).send(tagging);
    return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
  }

  s3(region: string): S3Client {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return new S3Client({ region, endpoint: this.server.endpoint, credentials, forcePathStyle: true, maxAttempts: 1 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.project[Symbol.asyncDispose]();
  }
}

export interface Published {
  readonly manifest: Manifest;
  /** Of each object that the manifest names. */
  readonly texts: Readonly<Record<string, string>>;
  /** Versions of the manifest that there are. */
  readonly versions: number;
}

/**
 * Reads as a loader does: the manifest, and then the versions that it pins. Throws where anything is missing or is not
 * what the manifest says: that is never to be seen.
 */
async function published(s3: S3Client, Bucket: string): Promise<Published | undefined> {
  const read = async (Key: string, VersionId?: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...(VersionId ? { VersionId } : {}) }));
    return (await Body?.transformToString()) ?? '';
  };
  const text = await read('api/manifest.json').catch((error: Error) => {
    if (['NoSuchKey', 'NoSuchBucket'].includes(error.name)) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const manifest = parseManifest(text);
  if (manifest === undefined) throw new Error(`no manifest: ${text}`);
  const texts: Record<string, string> = {};
  for (const { name, key, versionId, sha256, size } of manifest.objects) {
    const content = await read(key, versionId);
    const found = createHash('sha256').update(content).digest('hex');
    if (found !== sha256 || Buffer.byteLength(content) !== size) throw new Error(`${name} is not as in the manifest`);
    texts[name] = content;
  }
  if (contentDigest(manifest.objects) !== manifest.content) throw new Error('the manifest has a wrong digest');
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'api/manifest.json' }));
  return { manifest, texts, versions: Versions.length };
}
