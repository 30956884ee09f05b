import {
  CopyImageCommand,
  CreateImageCommand,
  type CreateImageCommandInput,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  DescribeSnapshotsCommand,
  DisableImageCommand,
  type EC2Client,
  EnableImageDeprecationCommand,
  type Image,
  ModifyImageAttributeCommand,
  RegisterImageCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debianOwner, SandboxServer, until } from '../helpers/sandbox-server.ts';

const other = { accessKeyId: 'test', secretAccessKey: 'test' };
let server: SandboxServer;
let ec2: EC2Client;
let sourceId: string;
let instanceId: string;
let serial = 0;

/** A name no other test uses, as the tests share one account. */
function fresh(label = 'image'): string {
  serial += 1;
  return `bake/${label}/2026.11.20.${serial}-x86_64`;
}

async function describeImages(input: DescribeImagesCommandInput, client = ec2): Promise<Image[]> {
  return (await client.send(new DescribeImagesCommand(input))).Images ?? [];
}

async function image(id: string, client = ec2): Promise<Image> {
  const [found] = await describeImages({ ImageIds: [id] }, client);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

async function createImage(input: Partial<CreateImageCommandInput> = {}): Promise<string> {
  const answer = await ec2.send(new CreateImageCommand({ InstanceId: instanceId, Name: fresh(), ...input }));
  return answer.ImageId ?? '';
}

function available(id: string, client = ec2): Promise<Image> {
  return until(async () => {
    const found = await image(id, client);
    return found.State === 'available' && found;
  }, 10_000);
}

beforeAll(async () => {
  // Long enough to be seen on a computer that is busy with something else.
  server = await SandboxServer.start(undefined, ['--pending-seconds', '2']);
  ec2 = server.ec2();
  const [source] = await describeImages({ Filters: [{ Name: 'architecture', Values: ['x86_64'] }] });
  sourceId = source?.ImageId ?? '';
  const launched = await ec2.send(
    new RunInstancesCommand({ ImageId: sourceId, InstanceType: 't3.small', MinCount: 1, MaxCount: 1 }),
  );
  instanceId = launched.Instances?.[0]?.InstanceId ?? '';
});

afterAll(() => server[Symbol.asyncDispose]());

describe('source images', () => {
  it('are public, owned by somebody else, and the only ones there', async () => {
    const images = await describeImages({ Owners: [debianOwner] });
    expect(images.map((one) => [one.Architecture, one.Public, one.State])).toEqual(
      expect.arrayContaining([
        ['arm64', true, 'available'],
        ['x86_64', true, 'available'],
      ]),
    );
    expect(await describeImages({ Owners: ['amazon'] })).toEqual([]);
  });

  it('have another id in every region', async () => {
    const [elsewhere] = await describeImages(
      { Filters: [{ Name: 'architecture', Values: ['x86_64'] }] },
      server.ec2('us-east-1'),
    );
    expect(elsewhere?.ImageId).toMatch(/^ami-[0-9a-f]{17}$/);
    expect(elsewhere?.ImageId).not.toBe(sourceId);
  });

  it('cannot be changed', async () => {
    await expect(ec2.send(new DeregisterImageCommand({ ImageId: sourceId }))).rejects.toMatchObject({
      name: 'AuthFailure',
    });
  });
});

describe('CreateImage', () => {
  it('is pending with pending snapshots, then available with complete ones', async () => {
    const id = await createImage();
    const pending = await image(id);
    const SnapshotIds = [pending.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? ''];
    const [before] = (await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds }))).Snapshots ?? [];
    expect([pending.State, before?.State, before?.Progress]).toEqual(['pending', 'pending', '0%']);
    await available(id);
    const [after] = (await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds }))).Snapshots ?? [];
    expect([after?.State, after?.Progress, after?.VolumeSize]).toEqual(['completed', '100%', 8]);
  });

  it('tags image and snapshots in the call, and records where the image came from', async () => {
    const Tags = [{ Key: 'bake:image', Value: 'base' }];
    const id = await createImage({
      TagSpecifications: [
        { ResourceType: 'image', Tags },
        { ResourceType: 'snapshot', Tags },
      ],
    });
    const made = await image(id);
    expect(made).toMatchObject({
      Tags,
      SourceImageId: sourceId,
      SourceImageRegion: 'eu-central-1',
      SourceInstanceId: instanceId,
    });
    expect(Date.parse(made.CreationDate ?? '')).toBeGreaterThan(Date.now() - 60_000);
    const SnapshotIds = [made.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? ''];
    const { Snapshots } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds }));
    expect(Snapshots?.[0]?.Tags).toEqual(Tags);
  });

  it('refuses a name that is taken, also by a pending image', async () => {
    const Name = fresh();
    await createImage({ Name });
    await expect(createImage({ Name })).rejects.toMatchObject({ name: 'InvalidAMIName.Duplicate' });
  });

  it.each(['ab', 'a'.repeat(129), 'with:colon', 'ümlaut'])('refuses the name %j', async (Name) => {
    await expect(createImage({ Name })).rejects.toMatchObject({ name: 'InvalidAMIName.Malformed' });
  });

  it('refuses to tag what it does not make', async () => {
    const TagSpecifications: CreateImageCommandInput['TagSpecifications'] = [
      { ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] },
    ];
    await expect(createImage({ TagSpecifications })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('DescribeImages', () => {
  it.each([
    ['ami-nonsense', 'InvalidAMIID.Malformed'],
    ['ami-0123456789abcdef0', 'InvalidAMIID.NotFound'],
  ])('answers %s with %s', async (id, name) => {
    await expect(describeImages({ ImageIds: [id] })).rejects.toMatchObject({ name });
  });

  it('gives pages that together are the list, also when an image goes in between', async () => {
    const label = fresh('pages');
    const ids = [await createImage({ Name: `${label}-1` }), await createImage({ Name: `${label}-2` })];
    ids.push(await createImage({ Name: `${label}-3` }));
    const Filters = [{ Name: 'name', Values: [`${label}-*`] }];
    const first = await ec2.send(new DescribeImagesCommand({ Filters, MaxResults: 1 }));
    await ec2.send(new DeregisterImageCommand({ ImageId: first.Images?.[0]?.ImageId ?? '' }));
    const rest = await ec2.send(new DescribeImagesCommand({ Filters, MaxResults: 5, NextToken: first.NextToken }));
    expect(rest.NextToken).toBeUndefined();
    expect([...(first.Images ?? []), ...(rest.Images ?? [])].map((one) => one.ImageId)).toEqual(ids);
  });

  it('refuses ids together with MaxResults, and tokens it did not give', async () => {
    await expect(describeImages({ ImageIds: [sourceId], MaxResults: 5 })).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
    });
    await expect(describeImages({ NextToken: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidNextToken' });
  });

  it('filters', async () => {
    const Name = fresh('filters');
    const id = await createImage({ Name });
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'bake:k', Value: Name }] }));
    const { BlockDeviceMappings, CreationDate = '' } = await image(id);
    const filters: [string, string][] = [
      ['name', Name],
      ['name', `${Name.slice(0, -3)}*`],
      ['name', `${Name.slice(0, -1)}?`],
      ['tag:bake:k', Name],
      ['image-id', id],
      ['block-device-mapping.snapshot-id', BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? ''],
    ];
    for (const [filter, value] of filters) {
      const found = await describeImages({ Filters: [{ Name: filter, Values: [value] }] });
      expect([filter, ...found.map((one) => one.ImageId)]).toEqual([filter, id]);
    }
    const day = [
      { Name: 'creation-date', Values: [`${CreationDate.slice(0, 10)}*`] },
      { Name: 'tag-key', Values: ['bake:k'] },
      { Name: 'state', Values: ['available', 'pending'] },
    ];
    expect(await describeImages({ Owners: ['self'], Filters: day })).toHaveLength(1);
    expect(await describeImages({ Filters: [{ Name: 'name', Values: [Name.toUpperCase()] }] })).toEqual([]);
    await expect(describeImages({ Filters: [{ Name: 'nonsense', Values: ['1'] }] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });

  it('shows an image to another account once it is shared, without its tags', async () => {
    const id = await createImage();
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'a', Value: 'b' }] }));
    const stranger = server.ec2('eu-central-1', other);
    stranger.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-moto-account-id'] = '210987654321';
        return next(args);
      },
      { step: 'build' },
    );
    await expect(image(id, stranger)).rejects.toMatchObject({ name: 'InvalidAMIID.NotFound' });
    const LaunchPermission = { Add: [{ UserId: '210987654321' }] };
    await ec2.send(new ModifyImageAttributeCommand({ ImageId: id, LaunchPermission }));
    expect(await image(id, stranger)).toMatchObject({ ImageId: id, Tags: [] });
    expect(await describeImages({ Owners: ['self'] }, stranger)).toEqual([]);
  });
});

describe('the life of an image', () => {
  it('hides a disabled image from lists unless it is asked for', async () => {
    const id = await createImage();
    await available(id);
    await ec2.send(new DisableImageCommand({ ImageId: id }));
    const listed = await describeImages({ Owners: ['self'] });
    const all = await describeImages({ Owners: ['self'], IncludeDisabled: true });
    expect(listed.some((one) => one.ImageId === id)).toBe(false);
    expect(all.find((one) => one.ImageId === id)?.State).toBe('disabled');
  });

  it('keeps the deprecation time by the minute, and refuses the past', async () => {
    const id = await createImage();
    const DeprecateAt = new Date('2027-05-06T07:08:12Z');
    await ec2.send(new EnableImageDeprecationCommand({ ImageId: id, DeprecateAt }));
    expect((await image(id)).DeprecationTime).toBe('2027-05-06T07:08:00.000Z');
    const past = new EnableImageDeprecationCommand({ ImageId: id, DeprecateAt: new Date('2020-01-01') });
    await expect(ec2.send(past)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('requires IMDSv2 for good', async () => {
    const id = await createImage();
    const set = (Value: string) => new ModifyImageAttributeCommand({ ImageId: id, ImdsSupport: { Value } });
    await ec2.send(set('v2.0'));
    expect((await image(id)).ImdsSupport).toBe('v2.0');
    await expect(ec2.send(set('v1.0'))).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('keeps a snapshot from deletion while an image uses it', async () => {
    const id = await createImage();
    const SnapshotId = (await image(id)).BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
    const deletion = new DeleteSnapshotCommand({ SnapshotId });
    await expect(ec2.send(deletion)).rejects.toMatchObject({ name: 'InvalidSnapshot.InUse' });
    await ec2.send(new DeregisterImageCommand({ ImageId: id }));
    await ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
    await expect(ec2.send(new DeleteSnapshotCommand({ SnapshotId }))).rejects.toMatchObject({
      name: 'InvalidSnapshot.NotFound',
    });
  });

  it('deletes associated snapshots on request, but not those another image uses', async () => {
    const id = await createImage();
    const SnapshotId = (await image(id)).BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
    const { ImageId: second = '' } = await ec2.send(
      new RegisterImageCommand({
        Name: fresh(),
        Architecture: 'x86_64',
        RootDeviceName: '/dev/xvda',
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
      }),
    );
    const deregister = (ImageId: string) => new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true });
    const first = await ec2.send(deregister(id));
    expect(first.DeleteSnapshotResults).toEqual([{ SnapshotId, ReturnCode: 'skipped' }]);
    const last = await ec2.send(deregister(second));
    expect(last.DeleteSnapshotResults).toEqual([{ SnapshotId, ReturnCode: 'success' }]);
    await expect(ec2.send(deregister(id))).rejects.toMatchObject({ name: 'InvalidAMIID.Unavailable' });
  });
});

describe('CopyImage', () => {
  it('makes one image per ClientToken, tagged, with its origin', async () => {
    const id = await createImage();
    await available(id);
    const there = server.ec2('us-east-1');
    const Tags = [{ Key: 'bake:image', Value: 'base' }];
    const copy = {
      Name: fresh('copy'),
      SourceImageId: id,
      SourceRegion: 'eu-central-1',
      ClientToken: fresh('token'),
      TagSpecifications: [{ ResourceType: 'image' as const, Tags }],
    };
    const { ImageId = '' } = await there.send(new CopyImageCommand(copy));
    expect(await image(ImageId, there)).toMatchObject({ State: 'pending', Tags, SourceImageId: id });
    expect((await there.send(new CopyImageCommand(copy))).ImageId).toBe(ImageId);
    const changed = new CopyImageCommand({ ...copy, Description: 'other' });
    await expect(there.send(changed)).rejects.toMatchObject({ name: 'IdempotentParameterMismatch' });
    const again = new CopyImageCommand({ ...copy, ClientToken: fresh('token') });
    await expect(there.send(again)).rejects.toMatchObject({ name: 'InvalidAMIName.Duplicate' });
    expect((await available(ImageId, there)).SourceImageRegion).toBe('eu-central-1');
  });
});
