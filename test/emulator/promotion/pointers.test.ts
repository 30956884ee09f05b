import {
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand, GetParameterHistoryCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPointers } from '../../../src/aws/promotion/pointers.ts';
import { createSiteImages } from '../../../src/aws/promotion/site-images.ts';
import { systemClock } from '../../../src/commands/clock.ts';
import { NOT_SHARED } from '../../../src/model/channel.ts';
import type { AmiId } from '../../../src/model/ids.ts';
import type { TemplateChange } from '../../../src/run/promote-effects.ts';
import { amiId, REGION, sha256 } from '../../helpers/builders.ts';
import { available, makeAmi } from '../../helpers/make-ami.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { ACCOUNT, at, OTHER, sandboxSites } from '../../helpers/sites.ts';
import { quickWaiting } from '../../helpers/waiting.ts';

let server: SandboxServer;
let sites: ReturnType<typeof sandboxSites>;
let first: AmiId;
let second: AmiId;

beforeAll(async () => {
  server = await SandboxServer.start();
  sites = sandboxSites(server);
  const { ec2 } = sites.open(REGION);
  [first, second] = [await makeAmi(ec2, 'acme/api/1'), await makeAmi(ec2, 'acme/api/2')];
  for (const imageId of [first, second]) await available(createSiteImages(sites.open(REGION), quickWaiting()), imageId);
});
afterAll(async () => {
  sites.close();
  await server[Symbol.asyncDispose]();
});

const pointers = (account = ACCOUNT) =>
  createPointers({ ...at(REGION, account), mode: 'copy' }, sites.open(REGION, account), {
    clock: systemClock,
    limit: 10_000,
  });
const { signal } = new AbortController();

describe('a parameter', () => {
  const versionsOf = async (Name: string) =>
    (await sites.open(REGION).ssm.send(new GetParameterHistoryCommand({ Name }))).Parameters?.map(({ Value }) => Value);

  it('is made, moved, and removed, each harmless when repeated', async () => {
    const { readParameter, readParameters, writeParameter, removeParameter } = pointers();
    const name = '/acme/prod/api';
    expect(await readParameter(name)).toBeUndefined();
    await writeParameter(name, first, signal);
    expect(await readParameter(name)).toEqual({ imageId: first, version: 1 });
    await writeParameter(name, second, signal);
    await writeParameter(name, second, signal);
    expect(await readParameter(name)).toEqual({ imageId: second, version: 2 });
    const others = Array.from({ length: 12 }, (_, number) => `/acme/none/${number}`);
    expect(await readParameters([...others, name])).toEqual(new Map([[name, { imageId: second, version: 2 }]]));
    expect(await versionsOf(name)).toEqual([first, second]);
    await removeParameter(name);
    await removeParameter(name);
    expect(await readParameter(name)).toBeUndefined();
  });

  it('is one that EC2 checks, also where it was not', async () => {
    const { ssm } = sites.open(REGION);
    await ssm.send(new PutParameterCommand({ Name: '/acme/text', Value: first, Type: 'String' }));
    await pointers().writeParameter('/acme/text', first, signal);
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/acme/text' }));
    expect(Parameter).toMatchObject({ DataType: 'aws:ec2:image', Value: first, Version: 2 });
  });
});

describe('a launch template', () => {
  const change = (imageId: AmiId, text: string, other: Partial<TemplateChange> = {}): TemplateChange => ({
    imageId,
    userData: Buffer.from(text),
    clientToken: sha256(`${imageId} ${text}`),
    tags: { 'bake:project': 'acme' },
    ...other,
  });
  const versionsOf = async (LaunchTemplateName: string) => {
    const query = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName });
    return (await sites.open(REGION).ec2.send(query)).LaunchTemplateVersions ?? [];
  };

  it('is made with its tags, and gets a version for a change', async () => {
    const { readTemplate, writeTemplate } = pointers();
    expect(await readTemplate('api')).toBeUndefined();
    await writeTemplate('api', change(first, 'one', { instanceProfile: 'reader' }));
    expect(await readTemplate('api')).toEqual({ imageId: first, version: 1, userData: sha256('one') });
    const named = { LaunchTemplateNames: ['api'] };
    const { LaunchTemplates } = await sites.open(REGION).ec2.send(new DescribeLaunchTemplatesCommand(named));
    expect(LaunchTemplates).toMatchObject([{ Tags: [{ Key: 'bake:project', Value: 'acme' }] }]);

    await writeTemplate('api', change(second, 'two', { instanceProfile: 'reader' }));
    expect(await readTemplate('api')).toEqual({ imageId: second, version: 2, userData: sha256('two') });
    expect(await versionsOf('api')).toMatchObject([
      { LaunchTemplateData: { ImageId: first, IamInstanceProfile: { Name: 'reader' } } },
      { LaunchTemplateData: { ImageId: second, IamInstanceProfile: { Name: 'reader' } } },
    ]);
  });

  it('gets no second version of the same, also when its first was never made the default', async () => {
    const { readTemplate, writeTemplate, defaultTemplate } = pointers();
    await writeTemplate('web', change(first, 'one'));
    await writeTemplate('web', change(first, 'one'));
    await writeTemplate('web', change(second, 'two'));
    await defaultTemplate('web', 1);
    await writeTemplate('web', change(second, 'two'));
    expect(await readTemplate('web')).toMatchObject({ version: 2 });
    expect(await versionsOf('web')).toHaveLength(2);
  });

  it("takes no version of somebody else's for its own", async () => {
    const { readTemplate, writeTemplate, defaultTemplate } = pointers();
    await writeTemplate('job', change(first, 'one'));
    await writeTemplate('job', change(second, 'two'));
    await defaultTemplate('job', 1);
    const LaunchTemplateData = { ImageId: second, UserData: Buffer.from('other').toString('base64') };
    const other = { LaunchTemplateName: 'job', SourceVersion: '1', LaunchTemplateData };
    await sites.open(REGION).ec2.send(new CreateLaunchTemplateVersionCommand(other));
    await writeTemplate('job', change(second, 'two'));
    expect(await readTemplate('job')).toMatchObject({ imageId: second, userData: sha256('two') });
  });

  it('goes back, and is removed, each harmless when repeated', async () => {
    const { readTemplate, writeTemplate, defaultTemplate, removeTemplate } = pointers();
    await writeTemplate('old', change(first, 'one'));
    await writeTemplate('old', change(second, 'two'));
    await defaultTemplate('old', 1);
    await defaultTemplate('old', 1);
    expect(await readTemplate('old')).toMatchObject({ imageId: first, version: 1 });
    await removeTemplate('old');
    await removeTemplate('old');
    expect(await readTemplate('old')).toBeUndefined();
  });
});

it('sees an image of another account when it is shared, and not before', async () => {
  const theirs = pointers(OTHER);
  expect(await theirs.visible(first)).toBeUndefined();
  expect(await theirs.visible(amiId(1))).toBeUndefined();
  const images = createSiteImages(sites.open(REGION), quickWaiting());
  await images.addLaunchPermissions(first, { ...NOT_SHARED, accounts: [OTHER] });
  expect(await theirs.visible(first)).toEqual({ state: 'available' });
  expect(await pointers().visible(first)).toEqual({ state: 'available' });
});
