import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { CreateAliasCommand, CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeys } from '../../../src/aws/promotion/keys.ts';
import { createPreflight } from '../../../src/aws/promotion/preflight.ts';
import { createSiteImages } from '../../../src/aws/promotion/site-images.ts';
import type { ObservedImage, Site } from '../../../src/model/promotion.ts';
import type { SiteCheck, SiteQuestions } from '../../../src/run/preflight-effects.ts';
import { NOW, REGION } from '../../helpers/builders.ts';
import { available, makeAmi } from '../../helpers/make-ami.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { ACCOUNT, at, OTHER, SITE, sandboxSites } from '../../helpers/sites.ts';
import { quickWaiting } from '../../helpers/waiting.ts';

const NOTHING: SiteQuestions = {
  kmsKeys: [],
  shares: 'no',
  deprecates: false,
  parameters: false,
  launchTemplates: [],
};

let server: SandboxServer;
let sites: ReturnType<typeof sandboxSites>;
let image: ObservedImage;

beforeAll(async () => {
  server = await SandboxServer.start();
  sites = sandboxSites(server);
  const { ec2 } = sites.open(REGION);
  image = await available(createSiteImages(sites.open(REGION), quickWaiting()), await makeAmi(ec2, 'acme/api/1'));
});
afterAll(async () => {
  sites.close();
  await server[Symbol.asyncDispose]();
});

async function check(site: Site, questions: Partial<SiteQuestions> = {}) {
  const preflight = createPreflight(sites, SITE.region, () => NOW.getTime());
  const found = await preflight.check(site, { ...NOTHING, ...questions });
  return Object.fromEntries(found.map((one): [string, SiteCheck] => [one.check, one]));
}

it('tells that a region is not enabled, and nothing else of it', async () => {
  await server.set('regions', { notEnabled: ['me-south-1'] });
  const found = await check(at('me-south-1', OTHER), { parameters: true });
  expect(found).toEqual({
    region: { check: 'region', status: 'refused', detail: `me-south-1 is not enabled for account ${OTHER}` },
  });
  expect(await check(at('eu-moon-1'))).toMatchObject({
    region: { status: 'refused', detail: 'there is no region eu-moon-1' },
  });
});

it('asks for the regions once for an account', async () => {
  const counted = sandboxSites(server);
  const preflight = createPreflight(counted, SITE.region, () => NOW.getTime());
  for (const region of ['eu-west-1', 'us-east-1', 'eu-west-1']) await preflight.check(at(region, OTHER), NOTHING);
  const asked = counted.calls().filter(({ action }) => action === 'DescribeRegions');
  expect(asked).toMatchObject([{ account: OTHER, calls: 1 }]);
  counted.close();
});

it('tries what it can on an image that is there, and changes nothing', async () => {
  const present = { imageId: image.imageId, snapshotId: image.snapshots[0]?.snapshotId ?? '' };
  const questions = {
    copies: { source: image.imageId, region: REGION },
    present,
    shares: 'with-some',
    deprecates: true,
    parameters: true,
    launchTemplates: [{ name: 'api', tags: {} }],
  } as const;
  const found = await check(SITE, questions);
  const allowed = { status: 'ok', detail: 'allowed' };
  expect(found).toMatchObject({
    region: { status: 'ok' },
    'ec2:CopyImage': allowed,
    'ec2:CreateTags': allowed,
    'ec2:ModifyImageAttribute': allowed,
    'ec2:ModifySnapshotAttribute': allowed,
    'ec2:EnableImageDeprecation': allowed,
    'ec2:CreateLaunchTemplateVersion': allowed,
    'ssm:PutParameter': { status: 'unchecked' },
    'sharing quota': { status: 'unchecked' },
  });
  const images = createSiteImages(sites.open(REGION), quickWaiting());
  expect(await images.states([image.imageId])).toEqual([image]);
  const own = await sites.open(REGION).ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  expect(own.Images).toHaveLength(1);
});

it('says what could not be tried, and why', async () => {
  const site = at('eu-west-1', OTHER);
  const found = await check(site, { shares: 'with-some', deprecates: true });
  for (const action of ['CreateTags', 'ModifyImageAttribute', 'ModifySnapshotAttribute', 'EnableImageDeprecation'])
    expect(found[`ec2:${action}`]).toMatchObject({
      status: 'unchecked',
      detail: expect.stringContaining('no image yet'),
    });
});

describe('keys', () => {
  const key = async (region: string) => {
    const { KeyMetadata } = await sites.open(region).kms.send(new CreateKeyCommand({}));
    return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' };
  };

  it('are found by alias, id and ARN', async () => {
    const { kms } = sites.open('eu-west-1');
    const { id, arn } = await key('eu-west-1');
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/images', TargetKeyId: id }));
    const kmsKeys = ['alias/images', id, arn];
    const found = await check(at('eu-west-1'), { kmsKeys });
    for (const name of kmsKeys) expect(found[`key ${name}`]).toMatchObject({ status: 'ok', detail: arn });
    const facts = { arn, account: ACCOUNT, region: 'eu-west-1', manager: 'CUSTOMER', state: 'Enabled' };
    expect(await createKeys(sites.open('eu-west-1')).describe('alias/images')).toEqual(facts);
  });

  it('are refused where they are missing, switched off, or of another region', async () => {
    const off = await key('eu-west-1');
    await sites.open('eu-west-1').kms.send(new DisableKeyCommand({ KeyId: off.id }));
    const elsewhere = await key('us-east-1');
    const missing = '00000000-0000-0000-0000-000000000000';
    const kmsKeys = [off.arn, elsewhere.arn, elsewhere.id, missing, 'alias/none'];
    const found = await check(at('eu-west-1'), { kmsKeys });
    expect(found).toMatchObject({
      [`key ${off.arn}`]: { status: 'refused', detail: 'it is Disabled, and not Enabled' },
      [`key ${elsewhere.arn}`]: { status: 'refused', detail: expect.stringContaining('a key of us-east-1') },
      [`key ${elsewhere.id}`]: { status: 'refused', detail: 'there is no such key in eu-west-1' },
      [`key ${missing}`]: { status: 'refused', detail: 'there is no such key in eu-west-1' },
      'key alias/none': { status: 'refused', detail: 'there is no such key in eu-west-1' },
    });
  });
});
