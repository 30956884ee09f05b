import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { ImageName, ProjectName, Version } from '../../src/model/ids.ts';
import type { Tags } from '../../src/model/image.ts';
import { subjectTags, TAG } from '../../src/model/tags.ts';
import { makeAmi } from '../../test/helpers/make-ami.ts';
import { SandboxServer, until } from '../../test/helpers/sandbox-server.ts';

export const HOME = 'us-east-1';
export const REGIONS = [
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'eu-west-1',
  'eu-central-1',
  'eu-north-1',
  'ap-northeast-1',
  'ap-southeast-2',
  'sa-east-1',
] as const;
/** May launch and copy what is promoted. */
export const PARTNER = '222233334444';
export const VERSION = '2026.11.20.1';

export interface Call {
  readonly n: number;
  /** Seconds since 1970. */
  readonly at: number;
  readonly service: string;
  readonly region: string;
  readonly action: string;
  /** False for dry runs too. */
  readonly mutating: boolean;
}

/** An EC2 of the bench's own, the same for both tools. */
export class Cloud {
  readonly server: SandboxServer;

  private constructor(server: SandboxServer) {
    this.server = server;
  }

  static async start(): Promise<Cloud> {
    return new Cloud(await SandboxServer.start());
  }

  /** As just made, with copies that take so long and fail where it is said. */
  async reset(copySeconds: number): Promise<void> {
    await this.server.control('POST', 'reset');
    await this.behave({ copySeconds: { '*': copySeconds } });
  }

  behave(behaviour: object): Promise<unknown> {
    return this.server.set('behaviour', behaviour);
  }

  /** What happens from now on. */
  async recording(): Promise<() => Promise<readonly Call[]>> {
    await this.server.control('POST', 'calls/reset');
    const seen: Call[] = [];
    const more = async () => {
      for (const call of await this.callsAfter(seen.at(-1)?.n ?? 0)) seen.push(call);
    };
    // The server keeps the last 10,000.
    const timer = setInterval(() => void more().catch(() => {}), 15_000);
    return async () => {
      clearInterval(timer);
      await more();
      const byNumber = new Map(seen.map((call) => [call.n, call]));
      return [...byNumber.values()].toSorted((a, b) => a.n - b.n);
    };
  }

  private async callsAfter(last: number): Promise<readonly Call[]> {
    const answer = await fetch(`${this.server.endpoint}/_bake/calls?after=${last}`);
    const { calls } = (await answer.json()) as {
      readonly calls: readonly (Omit<Call, 'at'> & { readonly at: string })[];
    };
    return calls.map((call) => ({ ...call, at: Date.parse(call.at) / 1000 }));
  }

  /** As a bake leaves it. */
  async bake(image: string): Promise<void> {
    const client = this.server.ec2(HOME);
    const imageId = await makeAmi(client, amiName(image), tagsOf(image));
    const query = new DescribeImagesCommand({ ImageIds: [imageId] });
    await until(async () => (await client.send(query)).Images?.[0]?.State === 'available', 10_000);
  }

  /** A key in each region; resolves to their ARNs. */
  async keys(regions: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const made = regions.map(async (region) => {
      const kms = new KMSClient(this.settings(region));
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
      kms.destroy();
      return [region, KeyMetadata?.Arn ?? ''] as const;
    });
    return Object.fromEntries(await Promise.all(made));
  }

  ssm(region: string): SSMClient {
    return new SSMClient(this.settings(region));
  }

  private settings(region: string) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return { region, endpoint: this.server.endpoint, credentials };
  }
}

export const amiName = (image: string): string => `acme/${image}/${VERSION}-x86_64`;

export const tagsOf = (image: string): Tags => ({
  ...subjectTags({
    project: 'acme' as ProjectName,
    image: image as ImageName,
    version: VERSION as Version,
    architecture: 'x86_64',
  }),
  [TAG.fingerprint]: 'f'.repeat(64),
  team: 'web',
});
