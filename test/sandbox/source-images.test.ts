import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CopyImageCommand,
  CreateImageCommand,
  CreateKeyPairCommand,
  DescribeImagesCommand,
  DescribeKeyPairsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { createSourceAmis } from '../../src/aws/source-amis.ts';
import type { Image, SandboxImage, SourceAmi } from '../../src/model/image.ts';
import { SOURCE_ALIASES } from '../../src/model/source-aliases.ts';
import { chooseSourceAmi, lookupOf, wantedOf } from '../../src/plan/source-ami.ts';
import { entriesFor, writeEntries } from '../../src/sandbox/images-file.ts';
import { sandboxDown, sandboxUp } from '../../src/sandbox/sandbox.ts';
import { wantedSources } from '../../src/sandbox/wanted-sources.ts';
import { base } from '../helpers/builders.ts';
import { relay } from '../helpers/relay.ts';
import { debianEntry, SandboxServer } from '../helpers/sandbox-server.ts';

const project = 'sources';
const region = 'us-east-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const FILE: SandboxImage = { from: { file: '/images/noble.img' } };

const imagesFrom = (...sources: readonly SourceAmi[]) =>
  new Map(
    sources.map((source, index) => {
      const image: Image = { ...base(`base-${index}`), origin: { kind: 'base', source } };
      return [image.name, image] as const;
    }),
  );
const alias = (name: string): SourceAmi => ({ by: 'alias', alias: name });

describe('what a project needs', () => {
  const wanted = (sources: readonly SourceAmi[], own: Readonly<Record<string, SandboxImage>> = {}) =>
    wantedSources({ images: imagesFrom(...sources), sandboxImages: new Map(Object.entries(own)) });

  test.each<[string, readonly SourceAmi[], Readonly<Record<string, SandboxImage>>, unknown]>([
    ['nothing', [], {}, [['debian:12', { debian: '12' }]]],
    ['a release of its own', [alias('debian:13')], {}, [['debian:13', { debian: '13' }]]],
    [
      'two of them, one twice',
      [alias('debian:13'), alias('debian:12'), alias('debian:13')],
      {},
      [
        ['debian:13', { debian: '13' }],
        ['debian:12', { debian: '12' }],
      ],
    ],
    ['a name filter', [{ by: 'filter', name: 'x', owner: 'self' }], {}, [['debian:12', { debian: '12' }]]],
    ['a user’s image', [alias('al2023')], { al2023: FILE }, [['al2023', FILE]]],
    ['a user’s image instead of ours', [alias('debian:12')], { 'debian:12': FILE }, [['debian:12', FILE]]],
    [
      'a user’s image that nothing starts from',
      [alias('debian:12')],
      { al2023: FILE },
      [['debian:12', { debian: '12' }]],
    ],
    ['what nobody has an image of', [alias('rhel:9')], {}, [['debian:12', { debian: '12' }]]],
  ])('%s', (_, sources, own, expected) => {
    expect(wanted(sources, own).map((source) => [source.alias, source.image])).toEqual(expected);
  });
});

describe('a sandbox', () => {
  beforeEach(async () => {
    vi.stubEnv('XDG_DATA_HOME', await mkdtemp(join(tmpdir(), 'bake-data-')));
  });
  afterEach(async () => {
    await sandboxDown({ project });
    await rm(process.env.XDG_DATA_HOME ?? '', { recursive: true });
    vi.unstubAllEnvs();
  });

  const sourcesOf = (aliases: readonly string[]) => {
    const sandboxImages = new Map(aliases.map((name) => [name, FILE]));
    return wantedSources({ images: imagesFrom(...aliases.map(alias)), sandboxImages });
  };
  const up = (aliases: readonly string[]) => sandboxUp({ project, machines: 'none', sources: sourcesOf(aliases) });
  const namesAt = async (endpoint: string) => {
    const ec2 = new EC2Client({ region, endpoint, credentials });
    const Filters = [{ Name: 'architecture', Values: ['x86_64'] }];
    return (await ec2.send(new DescribeImagesCommand({ Filters }))).Images?.map(({ Name }) => Name).sort();
  };
  const [DEBIAN_12, DEBIAN_13] = ['debian-12-amd64-20260101-0000', 'debian-13-amd64-20260101-0000'];

  it('has an AMI that each alias finds, in both architectures', async () => {
    const { endpoint } = await up([...SOURCE_ALIASES.keys()]);
    const connection = { region, endpoint };
    const amis = createSourceAmis(
      new EC2Client({ ...connection, credentials }),
      new SSMClient({ ...connection, credentials }),
      connection,
    );
    for (const name of SOURCE_ALIASES.keys()) {
      for (const architecture of ['x86_64', 'arm64'] as const) {
        const found = await amis.find(lookupOf(alias(name), architecture));
        const choice = chooseSourceAmi(found, wantedOf(alias(name), architecture, new Date()));
        expect(choice, `${name} ${architecture}`).toMatchObject({ kind: 'chosen' });
      }
    }
  });

  it('answers with other ids in other regions where an alias is a parameter', async () => {
    const { endpoint } = await up(['al2023']);
    const Names = ['/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64', '/nothing'];
    const values = await Promise.all(
      ['us-east-1', 'eu-central-1'].map(async (one) => {
        const ssm = new SSMClient({ region: one, endpoint, credentials });
        const ec2 = new EC2Client({ region: one, endpoint, credentials });
        const { Parameters = [], InvalidParameters } = await ssm.send(new GetParametersCommand({ Names }));
        expect(InvalidParameters).toEqual(['/nothing']);
        const id = Parameters[0]?.Value ?? '';
        const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
        expect(Images).toMatchObject([
          { Name: 'al2023-ami-kernel-default-x86_64-20260101-0000', ImageOwnerAlias: 'amazon' },
        ]);
        return id;
      }),
    );
    expect(new Set(values).size).toBe(2);
  });

  it('that is up gets what it lacks, and keeps everything else', async () => {
    const before = await up(['debian:12']);
    const ec2 = new EC2Client({ region, endpoint: before.endpoint, credentials });
    await ec2.send(new CreateKeyPairCommand({ KeyName: 'kept' }));
    expect(await namesAt(before.endpoint)).toEqual([DEBIAN_12]);
    const [again] = await Promise.all([up(['debian:13']), up(['ubuntu:24.04'])]);
    expect(again).toMatchObject({ pid: before.pid, started: false });
    expect(await namesAt(before.endpoint)).toEqual([
      DEBIAN_12,
      DEBIAN_13,
      'ubuntu/images/hvm-ssd20260101-0000/ubuntu-20260101-0000-24.04-amd64-server-20260101-0000',
    ]);
    expect((await ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs).toMatchObject([{ KeyName: 'kept' }]);
    const file = join(before.stateDir, 'images.json');
    const written = await readFile(file, 'utf8');
    await up(['debian:13']);
    expect(await readFile(file, 'utf8')).toBe(written);
    expect(await readFile(before.log, 'utf8')).not.toContain('Traceback');
  });

  it('hears of images that a command listed before it was killed', async () => {
    const { endpoint, stateDir } = await up(['debian:12']);
    const both = entriesFor(sourcesOf(['debian:12', 'debian:13']), new Map());
    await writeEntries(stateDir, both);
    expect(await namesAt(endpoint)).toEqual([DEBIAN_12]);
    await up(['debian:13']);
    expect(await namesAt(endpoint)).toEqual([DEBIAN_12, DEBIAN_13]);
  });

  it('that cannot be told of a list keeps what others have listed', async () => {
    const { endpoint, stateDir } = await up(['debian:12']);
    const file = join(stateDir, 'images.json');
    const before = await readFile(file, 'utf8');
    const server = join(stateDir, 'server.json');
    const own = await readFile(server, 'utf8');
    await using between = await relay(endpoint, { before: ({ path }) => (path === '/_bake/images' ? 'cut' : 'go') });
    await writeFile(server, own.replace(endpoint, between.url));
    await expect(up(['debian:13'])).rejects.toMatchObject({ code: 'sandbox-failed' });
    expect(between.calls.map(({ path }) => path)).toContain('/_bake/images');
    await writeFile(server, own);
    expect(await readFile(file, 'utf8')).toBe(before);
    await up(['debian:13']);
    expect(await namesAt(endpoint)).toEqual([DEBIAN_12, DEBIAN_13]);
  });
});

it('takes away an AMI that is listed no more, and says what is wrong with a list', async () => {
  await using server = await SandboxServer.start();
  const ec2 = server.ec2();
  const ids = async () => (await ec2.send(new DescribeImagesCommand({}))).Images?.map(({ ImageId }) => ImageId).sort();
  const all = await ids();
  await server.list([debianEntry('x86_64')]);
  await server.control('POST', 'images');
  const [left] = (await ids()) ?? [];
  expect(all).toContain(left);
  expect(await ids()).toHaveLength(1);
  await server.list('no list');
  await expect(server.control('POST', 'images')).rejects.toThrow('500');
  expect(await ids()).toEqual([left]);
});

it('keeps the boot mode of what an AMI was made from', async () => {
  await using server = await SandboxServer.start([{ ...debianEntry('x86_64'), bootMode: 'uefi' }]);
  const ec2 = server.ec2();
  const source = (await ec2.send(new DescribeImagesCommand({}))).Images?.[0];
  expect(source?.BootMode).toBe('uefi');
  const launch = { ImageId: source?.ImageId, InstanceType: 't3.small', MinCount: 1, MaxCount: 1 } as const;
  const { Instances = [] } = await ec2.send(new RunInstancesCommand(launch));
  const InstanceId = Instances[0]?.InstanceId;
  const { ImageId: child = '' } = await ec2.send(new CreateImageCommand({ InstanceId, Name: 'child' }));
  const from = { SourceImageId: source?.ImageId, SourceRegion: 'eu-central-1' };
  const { ImageId: copy = '' } = await ec2.send(new CopyImageCommand({ ...from, Name: 'copy' }));
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [child, copy] }));
  expect(Images.map(({ BootMode }) => BootMode)).toEqual(['uefi', 'uefi']);
});
