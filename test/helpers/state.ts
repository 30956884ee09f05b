import { S3Client } from '@aws-sdk/client-s3';
import type { CliResult } from './cli.ts';
import { Project, twoImages } from './project.ts';
import { KEYS } from './region-config.ts';
import type { SandboxServer } from './sandbox-server.ts';

/** A project with a state bucket of this name, which is not made yet. */
export class StateProject {
  readonly project: Project;
  readonly bucket: string;
  readonly server: SandboxServer;

  private constructor(project: Project, bucket: string, server: SandboxServer) {
    this.project = project;
    this.bucket = bucket;
    this.server = server;
  }

  static async create(server: SandboxServer, bucket: string, settings: object = {}): Promise<StateProject> {
    const made = new StateProject(await Project.create(), bucket, server);
    await made.configure(settings);
    return made;
  }

  configure(settings: object): Promise<void> {
    return this.project.configure({ ...twoImages, settings: { state: { bucket: this.bucket }, ...settings } });
  }

  run(args: readonly string[], endpoint = this.server.endpoint): Promise<CliResult> {
    return this.project.bake(args, { ...KEYS, AWS_ENDPOINT_URL: endpoint });
  }

  s3(region = 'us-east-1'): S3Client {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return new S3Client({ region, endpoint: this.server.endpoint, credentials, forcePathStyle: true, maxAttempts: 1 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.project[Symbol.asyncDispose]();
  }
}
