import {
  CopyImageCommand,
  CreateTagsCommand,
  DisableImageBlockPublicAccessCommand,
  DisableImageCommand,
  EnableImageBlockPublicAccessCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { TAG } from '../../../src/model/tags.ts';
import { formatTried } from '../../../src/model/tried.ts';
import { ChannelProject, callsOf, HOME, ROLE } from '../../helpers/channel-project.ts';
import { ask, setFaults } from '../../helpers/interference.ts';
import { available } from '../../helpers/make-ami.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { OTHER } from '../../helpers/sites.ts';

/** Many commands one after the other. */
vi.setConfig({ testTimeout: 400_000 });

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  await setFaults(server, []);
  await ask(server, 'regions', { notEnabled: [] });
});

const AWAY = 'eu-west-1';
const own = { regions: [AWAY] };
const theirs = { account: OTHER, role: ROLE, mode: 'copy', regions: [AWAY] };
const STRANGER = '999988887777';
let number = 0;

async function shopWith(prod: object, adding: Parameters<ChannelProject['add']>[1] = {}) {
  const channels = { prod, staging: { targets: [own] } };
  const shop = await ChannelProject.create(server, `refused-${++number}`, { channels });
  return { shop, imageId: await shop.add(1, adding) };
}

/** What stands in the way; nothing was changed. */
async function refusal(shop: ChannelProject, ...options: readonly string[]): Promise<string> {
  const args = ['promote', 'api@1.0.0', '--to', 'prod', '--yes', ...options];
  const { answer, changes } = await callsOf(server, () => shop.result(1, ...args));
  expect(changes).toEqual([]);
  expect(answer.error).toMatchObject({ code: 'promotion-refused' });
  return answer.error?.details?.join('\n') ?? '';
}

it('refuses product codes where others get it', async () => {
  const { shop, imageId } = await shopWith({ targets: [theirs] });
  await using _ = shop;
  await ask(server, 'product-codes', { [imageId]: ['abc'] });
  expect(await refusal(shop)).toMatch(/has product codes \(abc\).*→ /);
});

it('refuses an image that is not there whole', async () => {
  const { shop, imageId } = await shopWith({ targets: [own] });
  await using _ = shop;
  await shop.ec2(HOME).send(new DisableImageCommand({ ImageId: imageId }));
  const { answer, changes } = await callsOf(server, () => shop.run(['promote', 'api@1.0.0', '--to', 'prod', '--yes']));
  expect(changes).toEqual([]);
  expect(answer).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('api 1.0.0 cannot be promoted: it is disabled'),
  });
});

it('refuses keys that are missing, or of another region', async () => {
  const { shop } = await shopWith({ targets: [own] });
  await using _ = shop;
  const { KeyMetadata } = await shop.sites.open(HOME).kms.send(new CreateKeyCommand({}));
  const [missing, elsewhere] = ['alias/none', KeyMetadata?.KeyId ?? ''];
  const withKey = (kmsKey: string) => shop.configure({ channels: { prod: { targets: [{ ...own, kmsKey }] } } });
  await withKey(missing);
  expect(await refusal(shop)).toContain(`key ${missing}: there is no such key in ${AWAY}`);
  await withKey(elsewhere);
  expect(await refusal(shop)).toContain(`key ${elsewhere}: there is no such key in ${AWAY}`);
});

it('refuses to share what is encrypted with a key of AWS', async () => {
  const { shop, imageId } = await shopWith({ targets: [own], share: { accounts: [STRANGER] } });
  await using _ = shop;
  const ec2 = shop.ec2(HOME);
  const Name = shop.amiName(2);
  const copy = { SourceImageId: imageId, SourceRegion: HOME, Name, Encrypted: true, CopyImageTags: true };
  const { ImageId = '' } = await ec2.send(new CopyImageCommand(copy));
  const Tags = [{ Key: TAG.version, Value: '2.0.0' }];
  await ec2.send(new CreateTagsCommand({ Resources: [ImageId], Tags }));
  await available(shop.images(HOME), ImageId as typeof imageId);
  const args = ['promote', 'api@2.0.0', '--to', 'prod', '--yes'];
  const own2 = await callsOf(server, () => shop.result(1, ...args));
  expect(own2.changes).toEqual([]);
  expect(own2.answer.error?.details?.join()).toContain(`the copy would be encrypted with AWS's own key of ${AWAY}`);
  await shop.configure({ channels: { prod: { targets: [theirs] } } });
  const theirs2 = await callsOf(server, () => shop.result(1, ...args));
  expect(theirs2.changes).toEqual([]);
  expect(theirs2.answer.error?.details?.join()).toContain("is encrypted with AWS's own key");
});

it('refuses a name that something else has', async () => {
  const { shop } = await shopWith({ targets: [own] });
  await using _ = shop;
  const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: await someSnapshot(shop) } }];
  const other = { Name: shop.amiName(1), RootDeviceName: '/dev/xvda', BlockDeviceMappings };
  const { ImageId } = await shop.ec2(AWAY).send(new RegisterImageCommand(other));
  await shop
    .ec2(AWAY)
    .send(new CreateTagsCommand({ Resources: [ImageId ?? ''], Tags: [{ Key: TAG.project, Value: 'other' }] }));
  expect(await refusal(shop)).toContain(`${ImageId} has the name ${shop.amiName(1)} already`);
});

async function someSnapshot(shop: ChannelProject): Promise<string> {
  const source = await shop.add(3);
  const imageId = await shop.images(AWAY).copy({
    source,
    sourceRegion: HOME as never,
    name: 'something',
    attempt: 1,
    tags: {},
    clientToken: 'a'.repeat(64),
  });
  return (await available(shop.images(AWAY), imageId)).snapshots[0]?.snapshotId ?? '';
}

it('refuses more accounts than may have it', async () => {
  const accounts = Array.from({ length: 1001 }, (_, n) => `${700000000000 + n}`);
  const { shop } = await shopWith({ targets: [own], share: { accounts } });
  await using _ = shop;
  expect(await refusal(shop)).toContain('EC2 allows 1000 per region');
});

it('refuses to make public what the region keeps from being public', async () => {
  const { shop } = await shopWith({ targets: [own], share: { public: true } });
  await using _ = shop;
  const ImageBlockPublicAccessState = 'block-new-sharing';
  await shop.ec2(AWAY).send(new EnableImageBlockPublicAccessCommand({ ImageBlockPublicAccessState }));
  expect(await refusal(shop)).toContain('block public access: it is block-new-sharing');
  await shop.ec2(AWAY).send(new DisableImageBlockPublicAccessCommand({}));
});

it('refuses a region that is not enabled, before anything is done elsewhere', async () => {
  const { shop } = await shopWith({ targets: [{ regions: [AWAY, 'ap-southeast-2'] }] });
  await using _ = shop;
  await ask(server, 'regions', { notEnabled: [AWAY] });
  expect(await refusal(shop)).toContain(`region: ${AWAY} is not enabled for account`);
});

it.each([
  ['ec2', 'CopyImage', AWAY],
  ['ec2', 'CreateLaunchTemplate', AWAY],
  ['ec2', 'CreateTags', HOME],
  ['ec2', 'ModifySnapshotAttribute', HOME],
  ['ec2', 'DescribeImages', AWAY],
])('refuses where a permission is missing: %s %s in %s', async (service, action, region) => {
  const { shop } = await shopWith({ targets: [theirs], pointers: { launchTemplate: '{project}-{image}' } });
  await using _ = shop;
  const fail = { code: 'UnauthorizedOperation', status: 403 };
  await setFaults(server, [{ match: { service, action, region }, do: { fail } }]);
  expect(await refusal(shop)).toMatch(new RegExp(`${action}|look for images`));
});

it('refuses an organization together with accounts that copy', async () => {
  const organizations = ['arn:aws:organizations::111122223333:organization/o-abcdefghij'];
  const { shop } = await shopWith({ targets: [own, theirs], share: { organizations } });
  await using _ = shop;
  const { answer, changes } = await callsOf(server, () => shop.run(['promote', 'api', '--to', 'prod', '--yes']));
  expect(changes).toEqual([]);
  expect(answer.code).not.toBe(0);
  expect(answer.stderr).toMatch(/organization/);
});

it('refuses what another channel does not hold, what was not tried, and what nobody approved', async () => {
  const requires = { channels: ['staging'], tried: { within: '1h' } };
  const { shop, imageId } = await shopWith({ targets: [own], requires, approval: 'manual' });
  await using _ = shop;
  const said = await refusal(shop, '--approved-by', 'alice');
  expect(said).toContain('prod takes what staging holds, and staging holds none → bake promote api@1.0.0 --to staging');
  expect(said).toContain('takes images that were tried: it never was → bake try api@1.0.0');

  await shop.promote(1, '--to', 'staging');
  const tried = (at: Date) => {
    const Value = formatTried({ result: 'passed', at: at.toISOString(), userData: undefined, tool: '1' });
    return shop.ec2(HOME).send(new CreateTagsCommand({ Resources: [imageId], Tags: [{ Key: TAG.tried, Value }] }));
  };
  await tried(new Date(Date.now() - 7_200_000));
  expect(await refusal(shop, '--approved-by', 'alice')).toContain('the last trial was too long ago');
  await tried(new Date());
  // Whoever approves sees the plan first.
  const unapproved = await callsOf(server, () => shop.run(['promote', 'api', '--to', 'prod', '--yes']));
  expect(unapproved.answer).toMatchObject({ code: 2, stderr: expect.stringContaining('--approved-by') });
  expect(unapproved.changes).toEqual([]);
  await shop.promote(1, '--to', 'prod', '--approved-by', 'alice');
});
