import type { KMSClient } from '@aws-sdk/client-kms';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { createKeys } from '../../../src/aws/promotion/keys.ts';
import { createPreflight } from '../../../src/aws/promotion/preflight.ts';
import type { SiteQuestions } from '../../../src/run/preflight-effects.ts';
import { amiId, NOW } from '../../helpers/builders.ts';
import { awsFailure, scriptedEc2 } from '../../helpers/scripted-ec2.ts';
import { SITE } from '../../helpers/sites.ts';

const NOTHING: SiteQuestions = { kmsKeys: [], shares: 'no', deprecates: false, parameters: false, launchTemplates: [] };
const REGIONS = { DescribeRegions: () => ({ Regions: [{ RegionName: SITE.region, OptInStatus: 'opted-in' }] }) };

const answered = (name: string, status: number) => () => {
  throw Object.assign(awsFailure(name), { $metadata: { httpStatusCode: status } });
};

function opened(answers: Parameters<typeof scriptedEc2>[0], describeKey: () => unknown = () => ({})) {
  const { client: ec2, calls } = scriptedEc2({ ...REGIONS, ...answers });
  const kms = { send: async () => describeKey() } as unknown as KMSClient;
  const clients = { site: SITE, connection: SITE, ec2, kms, ssm: {} as SSMClient };
  const preflight = createPreflight({ at: () => clients }, SITE.region, () => NOW.getTime());
  const check = async (questions: Partial<SiteQuestions>, name: string) =>
    (await preflight.check(SITE, { ...NOTHING, ...questions })).find(({ check }) => check === name);
  return { check, clients, calls };
}

const copies = { source: amiId(1), region: SITE.region };

it.each([
  ['DryRunOperation', 412, { status: 'ok' }],
  ['UnauthorizedOperation', 403, { status: 'refused', detail: expect.stringContaining('UnauthorizedOperation') }],
  ['InvalidAMIID.NotFound', 400, { status: 'unchecked', detail: expect.not.stringContaining('InvalidAMIID') }],
])('takes %s for what it says', async (name, status, verdict) => {
  const { check, calls } = opened({ CopyImage: answered(name, status) });
  expect(await check({ copies }, 'ec2:CopyImage')).toMatchObject(verdict);
  expect(calls.filter(({ action }) => action !== 'DescribeRegions')).toMatchObject([{ input: { DryRun: true } }]);
});

it.each([
  ['InternalError', 500],
  ['RequestLimitExceeded', 503],
  ['AuthFailure', 401],
])('takes %s for no answer', async (name, status) => {
  const { check } = opened({ CopyImage: answered(name, status) });
  await expect(check({ copies }, 'ec2:CopyImage')).rejects.toMatchObject({
    message: expect.stringContaining('find out whether ec2:CopyImage is allowed'),
  });
});

it('tries to make a launch template where there is none to change', async () => {
  const { check, calls } = opened({
    DescribeLaunchTemplateVersions: answered('InvalidLaunchTemplateName.NotFoundException', 400),
    CreateLaunchTemplate: answered('UnauthorizedOperation', 403),
  });
  const launchTemplates = [{ name: 'api', tags: { 'bake:project': 'acme' } }];
  expect(await check({ launchTemplates }, 'ec2:CreateLaunchTemplateVersion')).toMatchObject({ status: 'refused' });
  // A policy may allow it with the project's tag alone.
  const Tags = [{ Key: 'bake:project', Value: 'acme' }];
  expect(calls.at(-1)).toMatchObject({ action: 'CreateLaunchTemplate', input: { TagSpecifications: [{ Tags }] } });
});

it.each([
  ['block-new-sharing', 'refused'],
  ['unblocked', 'ok'],
])('looks whether images may be public where they are to be: %s', async (state, status) => {
  const { check, calls } = opened({
    GetImageBlockPublicAccessState: () => ({ ImageBlockPublicAccessState: state }),
  });
  expect(await check({ shares: 'with-everybody' }, 'block public access')).toMatchObject({ status });
  const asked = calls.length;
  expect(await check({ shares: 'with-some' }, 'block public access')).toBeUndefined();
  expect(calls.slice(asked).map(({ action }) => action)).not.toContain('GetImageBlockPublicAccessState');
});

it('refuses a key that may not be looked at', async () => {
  const { check } = opened({}, answered('AccessDeniedException', 400));
  expect(await check({ kmsKeys: ['alias/images'] }, 'key alias/images')).toMatchObject({
    status: 'refused',
    detail: expect.stringContaining('AccessDeniedException'),
  });
});

it("tells AWS's own key from a customer's", async () => {
  const Arn = `arn:aws:kms:${SITE.region}:${SITE.account}:key/1`;
  const metadata = { Arn, AWSAccountId: SITE.account, KeyManager: 'AWS', KeyState: 'Enabled' };
  const { clients } = opened({}, () => ({ KeyMetadata: metadata }));
  expect(await createKeys(clients).describe('alias/aws/ebs')).toMatchObject({ manager: 'AWS', region: SITE.region });
});

it('reads what encrypts a copy that names no key', async () => {
  const { clients } = opened({
    GetEbsEncryptionByDefault: () => ({ EbsEncryptionByDefault: true }),
    GetEbsDefaultKmsKeyId: () => ({ KmsKeyId: 'alias/aws/ebs' }),
  });
  expect(await createKeys(clients).defaults()).toEqual({ always: true, key: 'alias/aws/ebs' });
});
