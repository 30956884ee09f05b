import { DescribeImagesCommand, DescribeSnapshotsCommand, DescribeTagsCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBuilders } from '../../src/aws/builders.ts';
import { createCopies } from '../../src/aws/copies.ts';
import { type AmiId, parseAmiId } from '../../src/model/ids.ts';
import { runTags } from '../../src/model/tags.ts';
import type { CopyRequest } from '../../src/run/try-effects.ts';
import { imageName, PROJECT, REGION, RUN, version } from '../helpers/builders.ts';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

const THERE = 'eu-west-1';
const subject = {
  project: PROJECT,
  image: imageName('api'),
  version: version('2026.11.20.1'),
  architecture: 'x86_64',
} as const;

let server: SandboxServer;
let request: CopyRequest;

beforeAll(async () => {
  server = await SandboxServer.start();
  request = {
    source: await sourceImage(),
    sourceRegion: REGION,
    name: `bake/acme/api/x86_64/${RUN}`,
    tags: runTags(subject, RUN),
    clientToken: `${RUN}-copy`,
  };
});
afterAll(() => server[Symbol.asyncDispose]());

async function sourceImage(): Promise<AmiId> {
  const filter = { Name: 'architecture', Values: ['x86_64'] };
  const { Images = [] } = await server.ec2(REGION).send(new DescribeImagesCommand({ Filters: [filter] }));
  const imageId = parseAmiId(Images[0]?.ImageId ?? '');
  if (imageId === undefined) throw new Error('the sandbox has no image');
  return imageId;
}

function adapters() {
  const connection = {
    region: THERE,
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  const client = server.ec2(THERE);
  return { client, copies: createCopies(client, connection), builders: createBuilders(client, connection) };
}

const ofRun = { run: RUN, image: subject.image, architecture: subject.architecture };

it('copies once for one token, finds the copy under its name, and removes it with its snapshot', async () => {
  const { client, copies, builders } = adapters();
  const copy = await copies.start(request);
  expect(await copies.start(request)).toBe(copy);
  await until(async () => (await copies.stateOf(copy)).state === 'available', 10_000);
  expect(await copies.find({ name: request.name, imageId: request.source })).toBe(copy);
  expect(await copies.find({ name: request.name, imageId: 'ami-0123456789abcdef0' as AmiId })).toBeUndefined();
  const { Tags = [] } = await client.send(new DescribeTagsCommand({ Filters: [{ Name: 'value', Values: [RUN] }] }));
  expect(Tags.map(({ ResourceType }) => ResourceType).sort()).toEqual(['image', 'snapshot']);

  const removed = await builders.removeLeftovers({ ...ofRun, amiName: request.name });
  expect(removed).toEqual([`image ${copy}`, expect.stringMatching(/^snapshot snap-/)]);
  const { Snapshots } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  expect(Snapshots).toEqual([]);
});

it('removes the snapshot of a copy that is still being made, whose image does not list it', async () => {
  const { client, copies, builders } = adapters();
  const copy = await copies.start({ ...request, clientToken: 'another' });
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { Images = [] } = answer.output as { Images?: { BlockDeviceMappings?: unknown }[] };
      for (const image of Images) image.BlockDeviceMappings = undefined;
      return answer;
    },
    { step: 'deserialize', priority: 'high' },
  );
  const removed = await builders.removeLeftovers({ ...ofRun, amiName: request.name });
  expect(removed).toEqual([`image ${copy}`, expect.stringMatching(/^snapshot snap-/)]);
});

it('removes a copy by its name alone', async () => {
  const { client, copies } = adapters();
  const copy = await copies.start({ ...request, name: 'bake/acme/kept', clientToken: 'kept' });
  await copies.remove('bake/acme/kept');
  const { Snapshots } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  expect(Snapshots).toEqual([]);
  expect((await copies.stateOf(copy)).state).toBe('pending');
  expect(await copies.find({ name: 'bake/acme/kept', imageId: request.source })).toBeUndefined();
});

it('says that an image is not there to copy', async () => {
  const { copies } = adapters();
  const gone = { ...request, source: 'ami-0123456789abcdef0' as AmiId, name: 'gone', clientToken: 'gone' };
  await expect(copies.start(gone)).rejects.toMatchObject({ message: expect.stringContaining('copy an image') });
});
