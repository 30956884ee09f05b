import {
  CopyImageCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateTagsCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeLaunchTemplatesCommand,
  DisableImageCommand,
  type EC2Client,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
  type Image,
  ModifyImageAttributeCommand,
  ModifyLaunchTemplateCommand,
  ModifySnapshotAttributeCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeImage, makeImage, snapshotIds } from '../helpers/sandbox-images.ts';
import { SandboxServer } from '../helpers/sandbox-server.ts';

const ABSENT = 'ami-0123456789abcdef0';
let server: SandboxServer;
let ec2: EC2Client;
let image: Image;
let template: string;

beforeAll(async () => {
  server = await SandboxServer.start();
  ec2 = server.ec2();
  image = await makeImage(ec2);
  const LaunchTemplateData = { ImageId: image.ImageId };
  const made = await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 'web', LaunchTemplateData }));
  template = made.LaunchTemplate?.LaunchTemplateId ?? '';
  await ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: template, LaunchTemplateData }));
});
afterAll(() => server[Symbol.asyncDispose]());

type Send = (
  ec2: EC2Client,
  image: Pick<Image, 'ImageId' | 'BlockDeviceMappings'>,
  template: string,
) => Promise<unknown>;

const DryRun = true;
const calls: Record<string, Send> = {
  CopyImage: (client, { ImageId }) =>
    client.send(
      new CopyImageCommand({
        DryRun,
        SourceImageId: ImageId,
        SourceRegion: 'eu-central-1',
        Name: 'dry',
        ClientToken: 'x',
      }),
    ),
  ModifyImageAttribute: (client, { ImageId }) =>
    client.send(new ModifyImageAttributeCommand({ DryRun, ImageId, LaunchPermission: { Add: [{ Group: 'all' }] } })),
  ModifySnapshotAttribute: (client, of) =>
    client.send(
      new ModifySnapshotAttributeCommand({
        DryRun,
        SnapshotId: snapshotIds(of)[0] ?? 'snap-0123456789abcdef0',
        CreateVolumePermission: { Add: [{ Group: 'all' }] },
      }),
    ),
  CreateTags: (client, { ImageId = '' }) =>
    client.send(new CreateTagsCommand({ DryRun, Resources: [ImageId], Tags: [{ Key: 'a', Value: 'b' }] })),
  EnableImageDeprecation: (client, { ImageId }) =>
    client.send(new EnableImageDeprecationCommand({ DryRun, ImageId, DeprecateAt: new Date('2030-01-01') })),
  EnableImageDeregistrationProtection: (client, { ImageId }) =>
    client.send(new EnableImageDeregistrationProtectionCommand({ DryRun, ImageId })),
  DeregisterImage: (client, { ImageId }) => client.send(new DeregisterImageCommand({ DryRun, ImageId })),
  DisableImage: (client, { ImageId }) => client.send(new DisableImageCommand({ DryRun, ImageId })),
  CreateLaunchTemplateVersion: (client, _image, LaunchTemplateId) =>
    client.send(new CreateLaunchTemplateVersionCommand({ DryRun, LaunchTemplateId, LaunchTemplateData: {} })),
  ModifyLaunchTemplate: (client, _image, LaunchTemplateId) =>
    client.send(new ModifyLaunchTemplateCommand({ DryRun, LaunchTemplateId, DefaultVersion: '2' })),
};

const everything = async () => [
  await describeImage(ec2, image.ImageId ?? ''),
  (await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images?.length,
  (await ec2.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates,
];

it.each(Object.entries(calls))('%s says that it would be done, and does nothing', async (_name, send) => {
  const before = await everything();
  await expect(send(ec2, image, template)).rejects.toMatchObject({
    name: 'DryRunOperation',
    $metadata: { httpStatusCode: 412 },
  });
  expect(await everything()).toEqual(before);
});

it.each(Object.entries(calls))('%s says what would be wrong', async (_name, send) => {
  await expect(send(ec2, { ImageId: ABSENT }, 'lt-0123456789abcdef0')).rejects.toMatchObject({
    name: expect.stringMatching(/NotFound/),
    $metadata: { httpStatusCode: 400 },
  });
});

it('is no first use of a ClientToken', async () => {
  const copy = { SourceImageId: image.ImageId, SourceRegion: 'eu-central-1', Name: 'wet', ClientToken: 'once' };
  const there = server.ec2('eu-west-1');
  await expect(there.send(new CopyImageCommand({ ...copy, DryRun }))).rejects.toMatchObject({
    name: 'DryRunOperation',
  });
  expect((await there.send(new CopyImageCommand(copy))).ImageId).toMatch(/^ami-/);
});
