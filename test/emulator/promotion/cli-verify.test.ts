import {
  DeleteTagsCommand,
  DeregisterImageCommand,
  DisableImageDeprecationCommand,
  DisableImageDeregistrationProtectionCommand,
} from '@aws-sdk/client-ec2';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { NOT_SHARED } from '../../../src/model/channel.ts';
import type { AccountId } from '../../../src/model/ids.ts';
import type { ObservedImage } from '../../../src/model/promotion.ts';
import { ChannelProject, callsOf, HOME, ROLE } from '../../helpers/channel-project.ts';
import { ask } from '../../helpers/interference.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { ACCOUNT, OTHER } from '../../helpers/sites.ts';

/** Many commands one after the other. */
vi.setConfig({ testTimeout: 400_000 });

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const [NEAR, FAR] = ['eu-west-1', 'ap-southeast-2'];
const FRIEND = '999988887777' as AccountId;
const prod = {
  targets: [{ regions: [HOME, NEAR, FAR] }, { account: OTHER, role: ROLE, mode: 'copy', regions: [NEAR] }],
  share: { accounts: [FRIEND] },
  pointers: {
    parameter: '/{project}/{channel}/{image}',
    launchTemplate: '{project}-{image}',
    files: [{ path: 'images.json', format: 'json' }],
  },
  deprecateAfter: '90d',
  deregistrationProtection: true,
};

interface Drift {
  readonly ok: boolean;
  readonly sites: readonly { readonly id: string; readonly steps: readonly { readonly do: string }[] }[];
  readonly pointers: readonly {
    readonly target: { readonly account: string; readonly region: string };
    readonly moves: readonly { readonly kind: string }[];
  }[];
}

async function verify(shop: ChannelProject): Promise<Drift & { readonly code: number | null }> {
  const { code, stdout } = await shop.run(['verify', 'api', '--json']);
  return { code, ...(JSON.parse(stdout) as Drift) };
}

const stepsOf = ({ sites }: Drift) =>
  Object.fromEntries(sites.map(({ id, steps }) => [id.split(' ')[0], steps.map((step) => step.do)]));

const only = ([image]: readonly ObservedImage[]): ObservedImage => {
  if (image === undefined) throw new Error('no image');
  return image;
};

/** Everything of one copy that can be changed by hand. */
async function spoil(shop: ChannelProject, { imageId: ImageId, snapshots }: ObservedImage): Promise<void> {
  const ec2 = shop.ec2(NEAR);
  const [{ snapshotId = '' } = {}] = snapshots;
  await ec2.send(new DeleteTagsCommand({ Resources: [ImageId], Tags: [{ Key: 'team' }] }));
  await ec2.send(new DeleteTagsCommand({ Resources: [snapshotId], Tags: [{ Key: 'bake:version' }] }));
  await shop.images(NEAR).removeLaunchPermissions(ImageId, { ...NOT_SHARED, accounts: [FRIEND] });
  await shop.images(NEAR).removeVolumePermissions(snapshotId, [FRIEND]);
  await ec2.send(new DisableImageDeprecationCommand({ ImageId }));
  await ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
}

async function deregister(shop: ChannelProject, region: string, account: AccountId): Promise<void> {
  const { imageId: ImageId } = only(await shop.there(region, account));
  const ec2 = shop.ec2(region, account);
  await ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
  await ec2.send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
}

it('finds everything that was changed by hand, and mends all of it', async () => {
  await using shop = await ChannelProject.create(server, 'drift', { channels: { prod }, state: true });
  const source = await shop.add(1);
  await shop.promote(1);
  expect(await verify(shop)).toMatchObject({ code: 0, ok: true });

  await spoil(shop, only(await shop.there(NEAR)));
  const other = { Name: '/drift/prod/api', Value: 'ami-00000000000000bad', Type: 'String', Overwrite: true } as const;
  await shop.sites.open(NEAR).ssm.send(new PutParameterCommand(other));
  const change = { imageId: source, userData: Buffer.from('other'), clientToken: 'by hand', tags: {} };
  await shop.pointers(HOME).writeTemplate('drift-api', change);
  await deregister(shop, NEAR, OTHER);
  await deregister(shop, FAR, ACCOUNT);
  await ask(server, 'behaviour', { failCopies: { [FAR]: 'the key is gone' } });
  await shop.result(1, 'promote', 'api', '--yes');
  await ask(server, 'behaviour', { failCopies: {} });
  // What that promotion has mended is broken again.
  await spoil(shop, only(await shop.there(NEAR)));
  await deregister(shop, NEAR, OTHER);

  const drift = await verify(shop);
  expect({ code: drift.code, ok: drift.ok }).toEqual({ code: 1, ok: false });
  expect(stepsOf(drift)).toEqual({
    [`${ACCOUNT}/${HOME}`]: [],
    [`${ACCOUNT}/${NEAR}`]: ['tag', 'tag', 'share-snapshots', 'share-image', 'deprecate', 'protect'],
    [`${ACCOUNT}/${FAR}`]: expect.arrayContaining(['copy', 'remove-dead', 'share-image', 'deprecate', 'protect']),
    [`${OTHER}/${NEAR}`]: expect.arrayContaining(['grant', 'copy', 'deprecate', 'protect', 'revoke']),
  });
  const moves = drift.pointers.map(({ target, moves: all }) => [
    `${target.account}/${target.region}`,
    all.map(({ kind }) => kind),
  ]);
  const both = ['parameter', 'launch-template'];
  expect(Object.fromEntries(moves)).toEqual({
    [`${ACCOUNT}/${HOME}`]: ['launch-template'],
    [`${ACCOUNT}/${NEAR}`]: ['parameter'],
    [`${ACCOUNT}/${FAR}`]: both,
    [`${OTHER}/${NEAR}`]: both,
  });

  const unasked = await callsOf(server, () => shop.run(['verify', 'api', '--repair']));
  expect({ code: unasked.answer.code, changes: unasked.changes }).toEqual({ code: 2, changes: [] });
  expect(await shop.result(0, 'verify', 'api', '--repair', '--yes')).toMatchObject({ ok: true });
  const { answer, changes } = await callsOf(server, () => verify(shop));
  expect({ code: answer.code, steps: stepsOf(answer), pointers: answer.pointers }).toMatchObject({
    code: 0,
    pointers: [],
  });
  expect(changes).toEqual([]);
  // The first was deregistered, and the second has failed.
  expect(await shop.there(FAR)).toMatchObject([{ name: `${shop.amiName(1)}@3`, state: 'available' }]);
  expect(await shop.there(NEAR, OTHER)).toMatchObject([{ state: 'available', deregistrationProtection: 'on' }]);
  expect(await shop.there(HOME)).toMatchObject([{ launchPermissions: { accounts: [FRIEND] } }]);
  expect(JSON.parse(await shop.project.read('images.json'))).toMatchObject({ channel: 'prod' });
});
