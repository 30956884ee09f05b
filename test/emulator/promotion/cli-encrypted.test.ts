import { CopyImageCommand, CreateTagsCommand } from '@aws-sdk/client-ec2';
import { CreateKeyCommand, ListGrantsCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { AccountId, AmiId } from '../../../src/model/ids.ts';
import { TAG } from '../../../src/model/tags.ts';
import { ChannelProject, callsOf, HOME, ROLE } from '../../helpers/channel-project.ts';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { setFaults } from '../../helpers/interference.ts';
import { available } from '../../helpers/make-ami.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { ACCOUNT, OTHER } from '../../helpers/sites.ts';

/** Many commands one after the other. */
vi.setConfig({ testTimeout: 400_000 });

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => setFaults(server, []));

const [NEAR, FAR] = ['eu-west-1', 'ap-southeast-2'];

async function key(shop: ChannelProject, region: string, account: AccountId = ACCOUNT): Promise<string> {
  const { KeyMetadata } = await shop.sites.open(region, account).kms.send(new CreateKeyCommand({}));
  return KeyMetadata?.Arn ?? '';
}

/** Version 1, encrypted with a key of the account. */
async function addEncrypted(shop: ChannelProject): Promise<string> {
  const KmsKeyId = await key(shop, HOME);
  const plain = await shop.add(3);
  const copy = { SourceImageId: plain, SourceRegion: HOME, Name: shop.amiName(1), CopyImageTags: true };
  const { ImageId = '' } = await shop.ec2(HOME).send(new CopyImageCommand({ ...copy, Encrypted: true, KmsKeyId }));
  const { snapshots } = await available(shop.images(HOME), ImageId as AmiId);
  const Resources = [ImageId, ...snapshots.map(({ snapshotId }) => snapshotId)];
  await shop.ec2(HOME).send(new CreateTagsCommand({ Resources, Tags: [{ Key: TAG.version, Value: '1.0.0' }] }));
  return KmsKeyId;
}

const keysAt = async (shop: ChannelProject, region: string, account: AccountId = ACCOUNT) =>
  (await shop.there(region, account))
    .filter(({ name, state }) => name.startsWith(shop.amiName(1)) && state === 'available')
    .flatMap(({ snapshots }) => snapshots.map(({ kmsKey }) => kmsKey));

async function grantsOf(shop: ChannelProject, KeyId: string) {
  return (await shop.sites.open(HOME).kms.send(new ListGrantsCommand({ KeyId }))).Grants ?? [];
}

it('encrypts each copy with the key of its target, and lets other accounts use that of the source while they copy', async () => {
  await using shop = await ChannelProject.create(server, 'keys', { channels: {}, state: true });
  const ours = await key(shop, NEAR);
  const theirs = { [NEAR]: await key(shop, NEAR, OTHER), [FAR]: await key(shop, FAR, OTHER) };
  const prod = {
    targets: [
      { regions: [NEAR], kmsKeys: { [NEAR]: ours } },
      { account: OTHER, role: ROLE, mode: 'copy', regions: [NEAR, FAR], kmsKeys: theirs },
    ],
    pointers: { parameter: '/{project}/{channel}/{image}' },
  };
  await shop.configure({ channels: { prod }, state: true });
  const source = await addEncrypted(shop);
  const { changes } = await callsOf(server, () => shop.promote(1));
  expect(await keysAt(shop, NEAR)).toEqual([ours]);
  expect(await keysAt(shop, NEAR, OTHER)).toEqual([theirs[NEAR]]);
  expect(await keysAt(shop, FAR, OTHER)).toEqual([theirs[FAR]]);
  expect(changes.filter((action) => action.endsWith('Grant'))).toEqual(['CreateGrant', 'RevokeGrant']);
  expect(await grantsOf(shop, source)).toEqual([]);
  expect((await shop.run(['verify', 'api'])).code).toBe(0);
  expect((await callsOf(server, () => shop.promote(1))).changes).toEqual([]);
});

it('goes on where the policy of the key has to allow it, and says whom to name there', async () => {
  await using shop = await ChannelProject.create(server, 'policy', { channels: {} });
  const theirs = await key(shop, NEAR, OTHER);
  const targets = [{ account: OTHER, role: ROLE, mode: 'copy', regions: [NEAR], kmsKey: theirs }];
  await shop.configure({ channels: { prod: { targets } } });
  const source = await addEncrypted(shop);
  const fail = { code: 'AccessDeniedException', status: 400 };
  await setFaults(server, [{ match: { service: 'kms', action: '*Grant*' }, do: { fail } }]);

  const refused = await shop.run(['promote', 'api@1.0.0', '--yes', '--json']);
  expect(refused.code).toBe(1);
  const warned = eventsOf(refused.stdout).flatMap(({ type, warning }) => (type === 'warning' ? [warning] : []));
  const hint = expect.stringContaining(`name ${OTHER} there`);
  expect(warned).toContainEqual(expect.objectContaining({ code: 'key-not-granted', hint }));
  const outcome = resultOf(refused.stdout).outcomes[`${OTHER}/${NEAR} api/x86_64`];
  expect(outcome?.error).toMatchObject({ code: 'copy-failed', details: [expect.stringContaining(source)] });
  for (const image of await shop.there(HOME)) expect(image.launchPermissions?.accounts).toEqual([]);

  const Principal = { AWS: [`arn:aws:iam::${OTHER}:root`, `arn:aws:iam::${ACCOUNT}:root`] };
  const statement = { Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await shop.sites.open(HOME).kms.send(new PutKeyPolicyCommand({ KeyId: source, PolicyName: 'default', Policy }));
  expect((await shop.promote(1)).ok).toBe(true);
  expect(await keysAt(shop, NEAR, OTHER)).toEqual([theirs]);
  expect(await shop.there(NEAR, OTHER)).toHaveLength(1);
});

it('shares with an organization', async () => {
  const organizations = ['arn:aws:organizations::111122223333:organization/o-abcdefghij'];
  const channels = { prod: { targets: [{ regions: [NEAR] }], share: { organizations } } };
  await using shop = await ChannelProject.create(server, 'organization', { channels });
  await shop.add(1);
  await shop.promote(1);
  expect(await shop.there(NEAR)).toMatchObject([
    { launchPermissions: { accounts: [], organizations }, snapshots: [{ volumePermissions: { accounts: [] } }] },
  ]);
  expect((await shop.run(['verify', 'api'])).code).toBe(0);
});
