import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CopySnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  type Image,
} from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { diskImage } from '../helpers/disk-images.ts';
import {
  copyImage,
  describeImage,
  freshName,
  makeImage,
  settled,
  snapshotIds,
  snapshotOf,
} from '../helpers/sandbox-images.ts';
import { debianEntry, debianOwner, SandboxServer, until } from '../helpers/sandbox-server.ts';

const THERE = 'eu-west-1';
let server: SandboxServer;
let here: EC2Client;
let there: EC2Client;
let source: Image;

beforeAll(async () => {
  server = await SandboxServer.start(undefined, ['--copy-seconds', '0.5']);
  here = server.ec2();
  there = server.ec2(THERE);
  source = await makeImage(here, { 'bake:image': 'base', kept: 'yes' });
});
afterAll(() => server[Symbol.asyncDispose]());
// Nobody waits for what a test has left under way.
afterEach(() => server.set('behaviour', { copySeconds: {}, failCopies: {} }));

const progress = async (image: Image, ec2 = there) => Number((await snapshotOf(ec2, image)).Progress?.replace('%', ''));

describe('a copy', () => {
  it('takes the time that its region is told to take, and shows how far it is', async () => {
    await server.set('behaviour', { copySeconds: { [THERE]: 3600 } });
    const copy = await describeImage(there, await copyImage(there, source));
    expect([copy.State, (await snapshotOf(there, copy)).State]).toEqual(['pending', 'pending']);
    expect(await progress(copy)).toBe(0);
    const elsewhere = server.ec2('us-east-1');
    expect((await settled(elsewhere, await copyImage(elsewhere, source))).State).toBe('available');

    await server.set('behaviour', { copySeconds: { '*': 100 } });
    const seen = await until(async () => {
      const now = await progress(copy);
      return now > 0 && now;
    }, 20_000);
    expect(seen).toBeLessThan(100);

    await server.set('behaviour', { copySeconds: {} });
    expect((await settled(there, copy.ImageId ?? '')).State).toBe('available');
    const done = await snapshotOf(there, copy);
    expect([done.State, done.Progress]).toEqual(['completed', '100%']);
  });

  it('fails as it is told to, and its snapshot says why', async () => {
    await server.set('behaviour', { failCopies: { [THERE]: 'the disk of the region is full' } });
    const failed = await settled(there, await copyImage(there, source));
    expect(failed).toMatchObject({ State: 'failed', StateReason: { Message: 'the disk of the region is full' } });
    expect(await snapshotOf(there, failed)).toMatchObject({
      State: 'error',
      StateMessage: 'the disk of the region is full',
    });
  });

  it('is cancelled when its image is deregistered, and leaves a snapshot without content', async () => {
    await server.set('behaviour', { copySeconds: { [THERE]: 3600 } });
    const copy = await describeImage(there, await copyImage(there, source));
    await there.send(new DeregisterImageCommand({ ImageId: copy.ImageId }));
    await server.set('behaviour', { copySeconds: {} });
    const { State, StateMessage } = await snapshotOf(there, copy);
    expect([State, StateMessage]).toEqual(['error', expect.stringContaining('cancelled')]);

    await server.set('behaviour', { copySeconds: { [THERE]: 3600 } });
    const other = await describeImage(there, await copyImage(there, source));
    const DeleteAssociatedSnapshots = true;
    await there.send(new DeregisterImageCommand({ ImageId: other.ImageId, DeleteAssociatedSnapshots }));
    const gone = new DescribeSnapshotsCommand({ SnapshotIds: snapshotIds(other) });
    await expect(there.send(gone)).rejects.toMatchObject({ name: 'InvalidSnapshot.NotFound' });
  });

  it('has the tags of its source on request, those of the call winning', async () => {
    const Tags = [{ Key: 'bake:image', Value: 'other' }];
    const TagSpecifications = [{ ResourceType: 'image' as const, Tags }];
    const plain = await describeImage(there, await copyImage(there, source));
    const copied = await describeImage(
      there,
      await copyImage(there, source, { CopyImageTags: true, TagSpecifications }),
    );
    expect(plain.Tags).toEqual([]);
    expect(Object.fromEntries((copied.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toEqual({
      'bake:image': 'other',
      kept: 'yes',
    });
    expect((await snapshotOf(there, copied)).Tags).toEqual([]);
  });

  it('is refused beyond twenty at a time, by region', async () => {
    await server.set('behaviour', { copySeconds: { 'ap-south-1': 3600 } });
    const busy = server.ec2('ap-south-1');
    for (let number = 0; number < 20; number += 1) await copyImage(busy, source);
    await expect(copyImage(busy, source)).rejects.toMatchObject({ name: 'ResourceLimitExceeded' });
    await expect(copyImage(busy, source, { DryRun: true })).rejects.toMatchObject({ name: 'ResourceLimitExceeded' });
    await copyImage(there, source);
    await server.set('behaviour', { copySeconds: {} });
    await until(async () => {
      const { Snapshots = [] } = await busy.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
      return Snapshots.length === 20 && Snapshots.every(({ State }) => State === 'completed');
    }, 20_000);
    await copyImage(busy, source);
  });

  it('wants a region that exists', async () => {
    await expect(copyImage(there, source, {}, 'eu-nowhere-1')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

it('tells how much is written in a snapshot, or how large it is where it has no file', async () => {
  await using own = await SandboxServer.start([debianEntry('x86_64')]);
  const image = await makeImage(own.ec2());
  expect((await snapshotOf(own.ec2(), image)).FullSnapshotSizeInBytes).toBe(8 * 2 ** 30);

  const disk = join(own.directory, 'written.qcow2');
  // A start that is all ones, since QEMU does not write zeroes.
  await writeFile(disk, await diskImage(Buffer.alloc(2 ** 20, 1), 'qcow2', 64));
  await own.list([debianEntry('x86_64', disk)]);
  await own.control('POST', 'images');
  const { Images = [] } = await own.ec2().send(new DescribeImagesCommand({ Owners: [debianOwner] }));
  const ec2 = own.ec2(THERE);
  const copy = await settled(ec2, await copyImage(ec2, Images[0] ?? {}));
  const { FullSnapshotSizeInBytes = 0, VolumeSize } = await snapshotOf(ec2, copy);
  expect(VolumeSize).toBe(8);
  expect(FullSnapshotSizeInBytes).toBeGreaterThanOrEqual(2 ** 20);
  expect(FullSnapshotSizeInBytes).toBeLessThan(2 ** 22);
});

it('copies a snapshot by itself', async () => {
  const [SourceSnapshotId] = snapshotIds(source);
  const command = new CopySnapshotCommand({ SourceSnapshotId, SourceRegion: 'eu-central-1', Description: 'spare' });
  const { SnapshotId = '' } = await there.send(command);
  const { Snapshots } = await there.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
  expect(Snapshots).toMatchObject([{ State: 'completed', Description: 'spare', VolumeSize: 8, Encrypted: false }]);
});

it('settles what was being copied when the server was killed', async () => {
  await using own = await SandboxServer.start();
  const made = await makeImage(own.ec2());
  await own.set('behaviour', { copySeconds: { '*': 3600 } });
  const Name = freshName('interrupted');
  const id = await copyImage(own.ec2(THERE), made, { Name });
  expect(await own.end('SIGKILL')).toBe('SIGKILL');
  await own.start();
  const copy = await describeImage(own.ec2(THERE), id);
  expect([copy.Name, copy.State, (await snapshotOf(own.ec2(THERE), copy)).Progress]).toEqual([
    Name,
    'available',
    '100%',
  ]);
});

describe('/_bake/behaviour', () => {
  it('changes what is named, and answers with all of it', async () => {
    expect(await server.set('behaviour', { sharingQuota: 3 })).toEqual({
      version: 1,
      copySeconds: {},
      failCopies: {},
      sharingQuota: 3,
      cooldownSeconds: 86_400,
      pageSize: 0,
    });
    expect(await server.set('behaviour', { failCopies: { '*': 'no' }, sharingQuota: 1000 })).toMatchObject({
      sharingQuota: 1000,
      failCopies: { '*': 'no' },
    });
  });

  it.each([
    [{ copySecond: 1 }, /there is no copySecond/],
    [{ copySeconds: 5 }, /copySeconds is not an object of regions/],
    [{ copySeconds: { 'eu-west-1': -1 } }, /copySeconds\.eu-west-1 is -1/],
    [{ failCopies: { '*': 3 } }, /failCopies\.\* is 3/],
    [[], /not a JSON object/],
  ])('refuses %j', async (body, message) => {
    await expect(server.set('behaviour', body)).rejects.toThrow(message);
    await expect(server.set('behaviour', body)).rejects.toThrow(/^400/);
  });
});
