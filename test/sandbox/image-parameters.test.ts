import { CreateImageCommand, DescribeImagesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import {
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, outcome } from '../helpers/interference.ts';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start(undefined, ['--pending-seconds', '5']);
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => server.control('POST', 'reset'));

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const ssm = (region = 'eu-central-1') => new SSMClient({ region, endpoint: server.endpoint, credentials });
const NOWHERE = 'ami-00000000000000000';

async function publicImages(region = 'eu-central-1'): Promise<readonly string[]> {
  const { Images = [] } = await server.ec2(region).send(new DescribeImagesCommand({}));
  return Images.map((image) => image.ImageId ?? '');
}
const put = (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}, client = ssm()) =>
  client.send(new PutParameterCommand({ Name, Value, Type: 'String', DataType: 'aws:ec2:image', ...more }));
async function get(Name: string): Promise<readonly [string | undefined, number | undefined] | 'none'> {
  const answer = await ssm()
    .send(new GetParameterCommand({ Name }))
    .catch(() => undefined);
  return answer === undefined ? 'none' : [answer.Parameter?.Value, answer.Parameter?.Version];
}
/** Waits until the parameter is what is expected, which is some time after it was put. */
const becomes = (name: string, value: string | undefined, version: number) =>
  until(async () => JSON.stringify(await get(name)) === JSON.stringify([value, version]), 20_000);
/** Until a put that came later than all the others has been dealt with. */
async function settled(): Promise<void> {
  const [image = ''] = await publicImages();
  await put('/mark', image);
  await until(async () => (await get('/mark')) !== 'none', 20_000);
}

it('takes an image a while after it answered, and shows its data type', async () => {
  const [image = ''] = await publicImages();
  expect(await put('/app/ami', image, { Tags: [{ Key: 'a', Value: 'b' }] })).toMatchObject({ Version: 1 });
  expect(await get('/app/ami')).toBe('none');
  await becomes('/app/ami', image, 1);
  const { Parameters } = await ssm().send(new DescribeParametersCommand({}));
  expect(Parameters).toMatchObject([{ Name: '/app/ami', DataType: 'aws:ec2:image', Version: 1 }]);
  const tags = new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: '/app/ami' });
  expect((await ssm().send(tags)).TagList).toEqual([{ Key: 'a', Value: 'b' }]);
});

it('answers 200 for what is no usable image here, and keeps what it had', async () => {
  const [image = '', other = ''] = await publicImages();
  const [elsewhere = ''] = await publicImages('us-east-1');
  await put('/app/ami', image);
  await becomes('/app/ami', image, 1);
  const launch = { ImageId: image, MinCount: 1, MaxCount: 1, InstanceType: 't3.small' as const };
  const { Instances } = await server.ec2().send(new RunInstancesCommand(launch));
  const create = new CreateImageCommand({ InstanceId: Instances?.[0]?.InstanceId, Name: 'pending' });
  const { ImageId: pending = '' } = await server.ec2().send(create);
  for (const bad of [NOWHERE, 'no image at all', elsewhere, pending]) {
    expect(await put('/app/ami', bad, { Overwrite: true })).toMatchObject({ Version: 2 });
    await put('/app/new', bad);
    await settled();
    expect([bad, await get('/app/ami'), await get('/app/new')]).toEqual([bad, [image, 1], 'none']);
    await ssm().send(new DeleteParameterCommand({ Name: '/mark' }));
  }
  await put('/app/ami', other, { Overwrite: true });
  await becomes('/app/ami', other, 2);
  expect(await outcome(put('/app/ami', image))).toBe('ParameterAlreadyExists');
});

it('gives each accepted value a version of its own, in their order', async () => {
  const [image = '', other = ''] = await publicImages();
  await put('/app/ami', image);
  await becomes('/app/ami', image, 1);
  for (const value of [other, NOWHERE, image]) await put('/app/ami', value, { Overwrite: true });
  await becomes('/app/ami', image, 3);
  expect(await get('/app/ami:2')).toEqual([other, 2]);
  // Two that make it at once: the later one overwrites, if it may.
  for (const value of [image, other]) await put('/app/both', value, { Overwrite: true });
  for (const value of [image, other]) await put('/app/first', value);
  await becomes('/app/both', other, 2);
  await settled();
  expect(await get('/app/first')).toEqual([image, 1]);
});

it('takes any text of the data type `text` at once', async () => {
  await put('/app/text', NOWHERE, { DataType: 'text' });
  expect(await get('/app/text')).toEqual([NOWHERE, 1]);
});

it('forgets what was under way when the sandbox is reset', async () => {
  const [image = ''] = await publicImages();
  await put('/app/ami', image);
  await server.control('POST', 'reset');
  await settled();
  expect(await get('/app/ami')).toBe('none');
  expect(await ask(server, 'faults')).toMatchObject({ rules: [] });
});
