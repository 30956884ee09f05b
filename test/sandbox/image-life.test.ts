import {
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DisableImageCommand,
  DisableImageDeregistrationProtectionCommand,
  type EC2Client,
  EnableImageCommand,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
  type Image,
  ModifyImageAttributeCommand,
  paginateDescribeImages,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyImage, describeImage, makeImage, runInstance, settled } from '../helpers/sandbox-images.ts';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

const THEIRS = '111122223333';
let server: SandboxServer;
let ec2: EC2Client;

beforeAll(async () => {
  server = await SandboxServer.start();
  ec2 = server.ec2();
});
afterAll(() => server[Symbol.asyncDispose]());

const deregister = ({ ImageId }: Image, client = ec2) => client.send(new DeregisterImageCommand({ ImageId }));
const protect = ({ ImageId }: Image, WithCooldown: boolean) =>
  ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId, WithCooldown }));
const release = ({ ImageId }: Image, client = ec2) =>
  client.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
const protection = async ({ ImageId = '' }: Image) => (await describeImage(ec2, ImageId)).DeregistrationProtection;
const NOT_PERMITTED = { name: 'OperationNotPermitted' };

describe('deregistration protection', () => {
  it('forbids deregistering until it is taken off', async () => {
    const image = await makeImage(ec2);
    expect(await protection(image)).toBe('disabled');
    expect((await protect(image, false)).Return).toBe('enabled-without-cooldown');
    expect(await protection(image)).toBe('enabled-without-cooldown');
    await expect(deregister(image)).rejects.toMatchObject(NOT_PERMITTED);
    await release(image);
    await deregister(image);
  });

  it('forbids it for a day more with a cooldown, and at once again when it is put back', async () => {
    const image = await makeImage(ec2);
    expect((await protect(image, true)).Return).toBe('enabled-with-cooldown');
    await expect(deregister(image)).rejects.toMatchObject(NOT_PERMITTED);
    expect((await release(image)).Return).toBe('disabled');
    await expect(deregister(image)).rejects.toMatchObject({
      ...NOT_PERMITTED,
      message: expect.stringMatching(/until/),
    });

    await protect(image, true);
    await server.set('behaviour', { cooldownSeconds: 0.2 });
    await release(image);
    await server.set('behaviour', { cooldownSeconds: 86_400 });
    await until(
      () =>
        deregister(image).then(
          () => true,
          () => false,
        ),
      20_000,
    );
  });

  it('lasts over a crash, and so does its cooldown', async () => {
    await using own = await SandboxServer.start();
    const image = await makeImage(own.ec2());
    const { ImageId } = image;
    await own.ec2().send(new EnableImageDeregistrationProtectionCommand({ ImageId, WithCooldown: true }));
    await release(image, own.ec2());
    expect(await own.end('SIGKILL')).toBe('SIGKILL');
    await own.start();
    await expect(deregister(image, own.ec2())).rejects.toMatchObject(NOT_PERMITTED);
  });
});

describe('disabling', () => {
  it('takes the launch permissions away for good', async () => {
    const image = await makeImage(ec2);
    const { ImageId } = image;
    const LaunchPermission = { Add: [{ UserId: THEIRS }] };
    await ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
    await ec2.send(new DisableImageCommand({ ImageId }));
    await expect(ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }))).rejects.toMatchObject({
      name: 'InvalidAMIID.Unavailable',
    });
    await expect(copyImage(server.ec2('eu-west-1'), image)).rejects.toMatchObject({ name: 'InvalidAMIID.Unavailable' });
    await ec2.send(new EnableImageCommand({ ImageId }));
    expect((await describeImage(ec2, ImageId ?? '')).State).toBe('available');
    const command = new DescribeImageAttributeCommand({ ImageId, Attribute: 'launchPermission' });
    expect((await ec2.send(command)).LaunchPermissions).toEqual([]);
  });
});

it('copies neither deprecation, protection nor launch permissions', async () => {
  const image = await makeImage(ec2);
  const { ImageId } = image;
  await protect(image, false);
  await ec2.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt: new Date('2030-01-01') }));
  await ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add: [{ Group: 'all' }] } }));
  const there = server.ec2('eu-west-1');
  const copy = await settled(there, await copyImage(there, image));
  expect([copy.State, copy.DeprecationTime, copy.DeregistrationProtection, copy.Public]).toEqual([
    'available',
    undefined,
    'disabled',
    false,
  ]);
});

describe('times', () => {
  const timesOf = async ({ ImageId = '' }: Image, client = ec2) => {
    const { CreationDate, LastLaunchedTime } = await describeImage(client, ImageId);
    return [CreationDate, LastLaunchedTime];
  };

  it('of the last launch are the owner’s to see', async () => {
    const image = await makeImage(ec2);
    expect((await timesOf(image))[1]).toBeUndefined();
    await runInstance(ec2, image.ImageId);
    const [, launched = ''] = await timesOf(image);
    expect(Math.abs(Date.now() - Date.parse(launched))).toBeLessThan(3_600_000);
    const { ImageId } = image;
    const LaunchPermission = { Add: [{ UserId: THEIRS }] };
    await ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
    expect((await timesOf(image, await server.ec2Of(THEIRS)))[1]).toBeUndefined();
  });

  it('are what a test says they are, and survive a crash', async () => {
    await using own = await SandboxServer.start();
    const image = await makeImage(own.ec2());
    const [createdAt, launchedAt] = ['2026-01-02T03:04:05.000Z', '2026-02-03T04:05:06.000Z'];
    await own.set('image-times', { [image.ImageId ?? '']: { createdAt, launchedAt } });
    expect(await own.end('SIGKILL')).toBe('SIGKILL');
    await own.start();
    expect(await timesOf(image, own.ec2())).toEqual([createdAt, launchedAt]);
    await own.set('image-times', { [image.ImageId ?? '']: { launchedAt: null } });
    expect(await timesOf(image, own.ec2())).toEqual([createdAt, undefined]);
    for (const [body, why] of [
      [{ 'ami-none': {} }, 'there is no image ami-none'],
      [{ [image.ImageId ?? '']: { madeAt: createdAt } }, 'are not an object of createdAt, launchedAt'],
      [{ [image.ImageId ?? '']: { createdAt: 'yesterday' } }, 'is not ISO 8601'],
    ] as const)
      await expect(own.set('image-times', body)).rejects.toThrow(why);
  });
});

it('gives pages no longer than it was told to', async () => {
  await using own = await SandboxServer.start();
  const client = own.ec2();
  for (let made = 0; made < 3; made++) await makeImage(client);
  await own.set('behaviour', { pageSize: 2 });
  const pages: number[] = [];
  for await (const { Images = [] } of paginateDescribeImages({ client, pageSize: 1000 }, { Owners: ['self'] }))
    pages.push(Images.length);
  expect(pages).toEqual([2, 1]);
  expect((await client.send(new DescribeImagesCommand({ Owners: ['self'], MaxResults: 1 }))).Images).toHaveLength(1);
  await own.set('behaviour', { pageSize: 0 });
  expect((await client.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images).toHaveLength(3);
});
