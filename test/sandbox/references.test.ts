import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DescribeImageReferencesCommand,
  type DescribeImageReferencesCommandInput,
  type EC2Client,
  type Image,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshName, makeImage, runInstance } from '../helpers/sandbox-images.ts';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

const ACCOUNT = 'arn:aws:ec2:eu-central-1:123456789012';
let server: SandboxServer;
let ec2: EC2Client;

beforeAll(async () => {
  server = await SandboxServer.start();
  ec2 = server.ec2();
});
afterAll(() => server[Symbol.asyncDispose]());

async function references(image: Image, input: Partial<DescribeImageReferencesCommandInput>, client = ec2) {
  const command = new DescribeImageReferencesCommand({ ImageIds: [image.ImageId ?? ''], ...input });
  return (await client.send(command)).ImageReferences ?? [];
}

async function createTemplate({ ImageId }: Image): Promise<string> {
  const LaunchTemplateName = freshName('template').replaceAll('/', '-');
  const command = new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: { ImageId } });
  return (await ec2.send(command)).LaunchTemplate?.LaunchTemplateId ?? '';
}

const addVersion = (LaunchTemplateId: string, { ImageId }: Image) =>
  ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, LaunchTemplateData: { ImageId } }));

async function putParameter(Name: string, Value: string | undefined, DataType: string): Promise<void> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const ssm = new SSMClient({ region: 'eu-central-1', endpoint: server.endpoint, credentials });
  await ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', DataType, Overwrite: true }));
}

it('lists instances, launch templates and parameters, page by page, of one account and region', async () => {
  const [image, other] = [await makeImage(ec2), await makeImage(ec2)];
  const instance = await runInstance(ec2, image.ImageId);
  const template = await createTemplate(image);
  await addVersion(template, image);
  await putParameter('/bake/ami', image.ImageId, 'aws:ec2:image');
  await putParameter('/bake/text', image.ImageId, 'text');
  await putParameter('/bake/moved', image.ImageId, 'aws:ec2:image');
  await putParameter('/bake/moved', other.ImageId, 'aws:ec2:image');
  const all = [
    { ImageId: image.ImageId, ResourceType: 'ec2:Instance', Arn: `${ACCOUNT}:instance/${instance}` },
    { ImageId: image.ImageId, ResourceType: 'ec2:LaunchTemplate', Arn: `${ACCOUNT}:launch-template/${template}` },
    {
      ImageId: image.ImageId,
      ResourceType: 'ssm:Parameter',
      Arn: 'arn:aws:ssm:eu-central-1:123456789012:parameter/bake/ami',
    },
  ];
  // SSM takes the value of a parameter a moment after it has answered.
  await until(async () => (await references(image, { IncludeAllResourceTypes: true }))?.length === all.length, 10_000);
  expect(await references(image, { IncludeAllResourceTypes: true })).toEqual(all);
  const ResourceTypes = [{ ResourceType: 'ec2:LaunchTemplate' as const }];
  expect(await references(image, { ResourceTypes })).toEqual([all[1]]);
  const ImageIds = [image.ImageId ?? ''];
  const request = { ImageIds, IncludeAllResourceTypes: true, MaxResults: 2 };
  const { ImageReferences, NextToken } = await ec2.send(new DescribeImageReferencesCommand(request));
  expect(ImageReferences).toEqual(all.slice(0, 2));
  const rest = await ec2.send(new DescribeImageReferencesCommand({ ...request, NextToken }));
  expect([rest.ImageReferences, rest.NextToken]).toEqual([all.slice(2), undefined]);
  const [far, theirs] = [server.ec2('eu-west-1'), await server.ec2Of('111122223333')];
  for (const client of [far, theirs]) {
    expect(await references(image, { IncludeAllResourceTypes: true }, client)).toEqual([]);
  }
});

it('looks at ten versions of a launch template, or as many as it is told to', async () => {
  const [image, newer] = [await makeImage(ec2), await makeImage(ec2)];
  const template = await createTemplate(image);
  for (let number = 0; number < 10; number += 1) await addVersion(template, newer);
  expect(await references(image, { IncludeAllResourceTypes: true })).toEqual([]);
  const deep = (depth: string) =>
    references(image, {
      ResourceTypes: [
        {
          ResourceType: 'ec2:LaunchTemplate',
          ResourceTypeOptions: [{ OptionName: 'version-depth', OptionValues: [depth] }],
        },
      ],
    });
  expect(await deep('11')).toMatchObject([{ Arn: `${ACCOUNT}:launch-template/${template}` }]);
  await expect(deep('0')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
});

it('counts ended instances, unless states are named', async () => {
  const image = await makeImage(ec2);
  const InstanceIds = [await runInstance(ec2, image.ImageId)];
  await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
  expect(await references(image, { ResourceTypes: [{ ResourceType: 'ec2:Instance' }] })).toHaveLength(1);
  const ResourceTypeOptions = [{ OptionName: 'state-name' as const, OptionValues: ['running', 'stopped'] }];
  expect(await references(image, { ResourceTypes: [{ ResourceType: 'ec2:Instance', ResourceTypeOptions }] })).toEqual(
    [],
  );
});

it('wants to be told what to look at', async () => {
  await expect(references(await makeImage(ec2), {})).rejects.toMatchObject({ name: 'MissingParameter' });
});
