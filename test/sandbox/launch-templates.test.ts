import {
  CreateLaunchTemplateCommand,
  type CreateLaunchTemplateCommandInput,
  CreateLaunchTemplateVersionCommand,
  type CreateLaunchTemplateVersionCommandInput,
  CreateTagsCommand,
  DeleteLaunchTemplateCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type DescribeLaunchTemplateVersionsCommandInput,
  type EC2Client,
  ModifyLaunchTemplateCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outcome } from '../helpers/interference.ts';
import { debianEntry, SandboxServer } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
let ec2: EC2Client;
beforeAll(async () => {
  server = await SandboxServer.start([debianEntry('x86_64'), { ...debianEntry('x86_64'), name: 'other' }]);
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  await server.control('POST', 'reset');
  ec2 = server.ec2();
});

const encoded = (text: string) => Buffer.from(text).toString('base64');
const images = async () =>
  ((await ec2.send(new DescribeImagesCommand({}))).Images ?? []).map((image) => image.ImageId ?? '');

async function create(more: Partial<CreateLaunchTemplateCommandInput> = {}) {
  const [ImageId] = await images();
  const LaunchTemplateData = { ImageId, InstanceType: 't3.small' as const, UserData: encoded('first') };
  const command = new CreateLaunchTemplateCommand({ LaunchTemplateName: 'app', LaunchTemplateData, ...more });
  return (await ec2.send(command)).LaunchTemplate;
}
const addVersion = async (more: Partial<CreateLaunchTemplateVersionCommandInput> = {}) => {
  const request = { LaunchTemplateName: 'app', LaunchTemplateData: {}, ...more };
  return (await ec2.send(new CreateLaunchTemplateVersionCommand(request))).LaunchTemplateVersion;
};
const setDefault = (DefaultVersion: string) =>
  ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateName: 'app', DefaultVersion }));
const versions = async (more: Partial<DescribeLaunchTemplateVersionsCommandInput> = {}) => {
  const request = { LaunchTemplateName: 'app', ...more };
  return (await ec2.send(new DescribeLaunchTemplateVersionsCommand(request))).LaunchTemplateVersions ?? [];
};
async function launch(more: Partial<RunInstancesCommandInput> = {}) {
  const request = { MinCount: 1, MaxCount: 1, LaunchTemplate: { LaunchTemplateName: 'app' }, ...more };
  const instance = (await ec2.send(new RunInstancesCommand(request))).Instances?.[0];
  const attribute = { InstanceId: instance?.InstanceId, Attribute: 'userData' as const };
  const { UserData } = await ec2.send(new DescribeInstanceAttributeCommand(attribute));
  return { instance, userData: Buffer.from(UserData?.Value ?? '', 'base64').toString() };
}

describe('a launch template', () => {
  it('is made once for a ClientToken, with tags of its own, which change', async () => {
    const TagSpecifications = [
      { ResourceType: 'launch-template' as const, Tags: [{ Key: 'bake:image', Value: 'api' }] },
    ];
    const request = { ClientToken: 'token', TagSpecifications };
    const made = await create(request);
    expect(made).toMatchObject({ DefaultVersionNumber: 1, LatestVersionNumber: 1, Tags: TagSpecifications[0]?.Tags });
    expect((await create(request))?.LaunchTemplateId).toBe(made?.LaunchTemplateId);
    expect(await outcome(create({ ...request, VersionDescription: 'other' }))).toBe('IdempotentParameterMismatch');
    expect(await outcome(create())).toBe('InvalidLaunchTemplateName.AlreadyExistsException');
    const Tags = [{ Key: 'more', Value: 'x' }];
    await ec2.send(new CreateTagsCommand({ Resources: [made?.LaunchTemplateId ?? ''], Tags }));
    const found = await ec2.send(
      new DescribeLaunchTemplatesCommand({ Filters: [{ Name: 'tag:bake:image', Values: ['api'] }] }),
    );
    expect(found.LaunchTemplates).toMatchObject([{ LaunchTemplateName: 'app' }]);
    expect(found.LaunchTemplates?.[0]?.Tags).toHaveLength(2);
    // They are the template's tags alone, not those of what it launches.
    expect((await versions())[0]?.LaunchTemplateData?.TagSpecifications ?? []).toEqual([]);
  });

  it('is left as it was by a dry run, which finds what would be wrong', async () => {
    const DryRun = true;
    expect(await outcome(create({ DryRun }))).toBe('DryRunOperation');
    expect((await ec2.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates).toEqual([]);
    await create();
    expect(await outcome(addVersion({ DryRun }))).toBe('DryRunOperation');
    await addVersion();
    const modify = { LaunchTemplateName: 'app', DefaultVersion: '2', DryRun };
    expect(await outcome(ec2.send(new ModifyLaunchTemplateCommand(modify)))).toBe('DryRunOperation');
    expect(await outcome(launch({ DryRun }))).toBe('DryRunOperation');
    expect([
      await outcome(create({ DryRun })),
      await outcome(addVersion({ DryRun, SourceVersion: '9' })),
      await outcome(ec2.send(new ModifyLaunchTemplateCommand({ ...modify, DefaultVersion: '9' }))),
      await outcome(launch({ DryRun, ImageId: 'ami-00000000000000000' })),
    ]).toEqual([
      'InvalidLaunchTemplateName.AlreadyExistsException',
      'InvalidLaunchTemplateId.VersionNotFound',
      'InvalidLaunchTemplateId.VersionNotFound',
      'InvalidAMIID.NotFound',
    ]);
    expect((await versions()).map((version) => version.DefaultVersion)).toEqual([true, false]);
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
  });

  it('that is not there has a code of its own', async () => {
    const unknown = { LaunchTemplateId: 'lt-00000000000000000' };
    expect([
      await outcome(ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [unknown.LaunchTemplateId] }))),
      await outcome(ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: ['none'] }))),
      await outcome(ec2.send(new RunInstancesCommand({ MinCount: 1, MaxCount: 1, LaunchTemplate: unknown }))),
      await outcome(ec2.send(new DeleteLaunchTemplateCommand(unknown))),
      await outcome(addVersion({ LaunchTemplateName: undefined })),
      await outcome(create({ LaunchTemplateName: 'no spaces' })),
    ]).toEqual([
      'InvalidLaunchTemplateId.NotFound',
      'InvalidLaunchTemplateName.NotFoundException',
      'InvalidLaunchTemplateId.NotFound',
      'InvalidLaunchTemplateId.NotFound',
      'MissingParameter',
      'InvalidLaunchTemplateName.MalformedException',
    ]);
  });
});

describe('a version', () => {
  it('takes from its source what it does not say, once for a ClientToken', async () => {
    await create();
    const [, other] = await images();
    const request = { SourceVersion: '1', LaunchTemplateData: { ImageId: other }, ClientToken: 'token' };
    const expected = { ImageId: other, InstanceType: 't3.small', UserData: encoded('first') };
    for (const _ of ['once', 'and again']) {
      expect(await addVersion(request)).toMatchObject({
        VersionNumber: 2,
        DefaultVersion: false,
        LaunchTemplateData: expected,
      });
    }
    expect((await addVersion({ LaunchTemplateData: { ImageId: other } }))?.LaunchTemplateData).toEqual({
      ImageId: other,
    });
    expect((await addVersion({ SourceVersion: '$Default' }))?.LaunchTemplateData).toMatchObject({
      InstanceType: 't3.small',
    });
    expect(await outcome(addVersion({ SourceVersion: '9' }))).toBe('InvalidLaunchTemplateId.VersionNotFound');
  });

  it('is found by number, as $Default and as $Latest', async () => {
    await create();
    await addVersion();
    await addVersion();
    await setDefault('2');
    const numbers = async (more: Partial<DescribeLaunchTemplateVersionsCommandInput>) =>
      (await versions(more)).map((version) => [version.VersionNumber, version.DefaultVersion]);
    expect(await numbers({ Versions: ['$Default'] })).toEqual([[2, true]]);
    expect(await numbers({ Versions: ['$Latest'] })).toEqual([[3, false]]);
    expect(await numbers({ Versions: ['1'] })).toEqual([[1, false]]);
    expect(await numbers({ MinVersion: '2' })).toEqual([
      [2, true],
      [3, false],
    ]);
    expect(await numbers({ LaunchTemplateName: undefined, Versions: ['$Latest'] })).toEqual([[3, false]]);
    for (const name of ['0', '4', 'x']) {
      expect([
        await outcome(numbers({ Versions: [name] })),
        await outcome(setDefault(name)),
        await outcome(launch({ LaunchTemplate: { LaunchTemplateName: 'app', Version: name } })),
      ]).toEqual(Array(3).fill('InvalidLaunchTemplateId.VersionNotFound'));
    }
  });

  it('comes in pages', async () => {
    await create();
    await addVersion();
    await addVersion();
    const request = { LaunchTemplateName: 'app', MaxResults: 2 };
    const first = await ec2.send(new DescribeLaunchTemplateVersionsCommand(request));
    const rest = await ec2.send(new DescribeLaunchTemplateVersionsCommand({ ...request, NextToken: first.NextToken }));
    const numbers = [first, rest].map((one) => one.LaunchTemplateVersions?.map((version) => version.VersionNumber));
    expect([numbers, rest.NextToken]).toEqual([[[1, 2], [3]], undefined]);
  });
});

describe('a launch', () => {
  it('takes image, type, user-data and tags from the version, and the request goes first', async () => {
    const [image, other] = await images();
    await create();
    const instanceTags = [{ ResourceType: 'instance' as const, Tags: [{ Key: 'from', Value: 'template' }] }];
    await addVersion({
      LaunchTemplateData: {
        ...{ ImageId: other, UserData: encoded('second'), InstanceType: 't3.large', TagSpecifications: instanceTags },
        MetadataOptions: { HttpTokens: 'required' },
      },
    });
    const byDefault = await launch();
    expect(byDefault.instance).toMatchObject({ ImageId: image, InstanceType: 't3.small' });
    expect(byDefault.userData).toBe('first');
    const latest = await launch({ LaunchTemplate: { LaunchTemplateName: 'app', Version: '$Latest' } });
    expect(latest.instance).toMatchObject({
      ...{ ImageId: other, InstanceType: 't3.large', MetadataOptions: { HttpTokens: 'required' } },
      Tags: expect.arrayContaining([
        { Key: 'from', Value: 'template' },
        { Key: 'aws:ec2launchtemplate:version', Value: '2' },
      ]),
    });
    expect(latest.userData).toBe('second');
    const ours = await launch({ ImageId: other, UserData: encoded('ours'), InstanceType: 't3.medium' });
    expect(ours.instance).toMatchObject({ ImageId: other, InstanceType: 't3.medium' });
    expect(ours.userData).toBe('ours');
  });

  it('looks a parameter up each time when the image is an alias', async () => {
    const [image = '', other = ''] = await images();
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const ssm = new SSMClient({ region: 'eu-central-1', endpoint: server.endpoint, credentials });
    const put = (Value: string) =>
      ssm.send(new PutParameterCommand({ Name: '/app/ami', Value, Type: 'String', Overwrite: true }));
    const ImageId = 'resolve:ssm:/app/ami';
    await create({ LaunchTemplateData: { ImageId, InstanceType: 't3.small' } });
    expect(await outcome(launch())).toBe('InvalidParameterValue');
    await put(image);
    expect((await launch()).instance?.ImageId).toBe(image);
    await put(other);
    expect((await launch()).instance?.ImageId).toBe(other);
    expect((await launch({ ImageId: `${ImageId}:1` })).instance?.ImageId).toBe(image);
    expect((await versions())[0]?.LaunchTemplateData?.ImageId).toBe(ImageId);
    expect((await versions({ ResolveAlias: true }))[0]?.LaunchTemplateData?.ImageId).toBe(other);
    await put('no image');
    expect(await outcome(launch())).toBe('InvalidAMIID.Malformed');
  });
});
