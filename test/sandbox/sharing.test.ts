import {
  CreateTagsCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeSnapshotAttributeCommand,
  DescribeSnapshotsCommand,
  DisableImageBlockPublicAccessCommand,
  type EC2Client,
  EnableImageBlockPublicAccessCommand,
  GetImageBlockPublicAccessStateCommand,
  type Image,
  type LaunchPermission,
  type LaunchPermissionModifications,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyImage, describeImage, makeImage, runInstance, settled, snapshotIds } from '../helpers/sandbox-images.ts';
import { jsonCall } from '../helpers/sandbox-json.ts';
import { SandboxServer } from '../helpers/sandbox-server.ts';

const OURS = '123456789012';
const THEIRS = '111122223333';
const MANAGEMENT = '999988887777';
const ORGANIZATION = `arn:aws:organizations::${MANAGEMENT}:organization/o-abcdefghij`;
let server: SandboxServer;
let ec2: EC2Client;
let theirs: EC2Client;

beforeAll(async () => {
  server = await SandboxServer.start();
  ec2 = server.ec2();
  theirs = await server.ec2Of(THEIRS);
});
afterAll(() => server[Symbol.asyncDispose]());

const share = (image: Image, LaunchPermission: LaunchPermissionModifications, client = ec2) =>
  client.send(new ModifyImageAttributeCommand({ ImageId: image.ImageId, LaunchPermission }));

async function permissions(image: Image): Promise<LaunchPermission[]> {
  const command = new DescribeImageAttributeCommand({ ImageId: image.ImageId, Attribute: 'launchPermission' });
  return (await ec2.send(command)).LaunchPermissions ?? [];
}

const shareSnapshot = (image: Image, UserIds: string[], OperationType: 'add' | 'remove' = 'add') => {
  const [SnapshotId] = snapshotIds(image);
  const Attribute = 'createVolumePermission' as const;
  return ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, Attribute, OperationType, UserIds }));
};

const refused = (answer: Promise<unknown>) =>
  answer.then(
    () => 'done',
    (error: Error) => error.name,
  );

describe('launch permissions', () => {
  it('are of accounts, everybody, organizations and units, added and removed', async () => {
    const image = await makeImage(ec2);
    const unit = `arn:aws:organizations::${MANAGEMENT}:ou/o-abcdefghij/ou-abcd-abcdefgh`;
    const Add = [
      { UserId: THEIRS },
      { Group: 'all' as const },
      { OrganizationArn: ORGANIZATION },
      { OrganizationalUnitArn: unit },
    ];
    await share(image, { Add });
    await share(image, { Add });
    expect(await permissions(image)).toEqual(Add);
    expect((await describeImage(ec2, image.ImageId ?? '')).Public).toBe(true);
    await share(image, { Add: [{ UserId: OURS }], Remove: Add.slice(0, 3) });
    expect(await permissions(image)).toEqual([{ OrganizationalUnitArn: unit }, { UserId: OURS }]);
    const older = { OperationType: 'add' as const, UserIds: [THEIRS, MANAGEMENT], OrganizationArns: [ORGANIZATION] };
    await ec2.send(
      new ModifyImageAttributeCommand({ ImageId: image.ImageId, Attribute: 'launchPermission', ...older }),
    );
    expect(await permissions(image)).toHaveLength(5);
  });

  it('are refused as a whole when one is no account, group or ARN', async () => {
    const image = await makeImage(ec2);
    for (const bad of [
      { UserId: '12345' },
      { Group: 'everybody' as 'all' },
      { OrganizationArn: 'arn:aws:iam::1:x' },
      { OrganizationalUnitArn: ORGANIZATION },
    ]) {
      expect(await refused(share(image, { Add: [{ UserId: THEIRS }, bad] }))).toBe('InvalidAMIAttributeItemValue');
    }
    expect(await permissions(image)).toEqual([]);
    const two = { ImageId: image.ImageId, Description: { Value: 'x' }, LaunchPermission: { Add: [{ UserId: OURS }] } };
    expect(await refused(ec2.send(new ModifyImageAttributeCommand(two)))).toBe('InvalidParameterCombination');
  });

  it('have a quota', async () => {
    const image = await makeImage(ec2);
    await server.set('behaviour', { sharingQuota: 2 });
    await share(image, { Add: [{ UserId: THEIRS }, { UserId: MANAGEMENT }] });
    expect(await refused(share(image, { Add: [{ OrganizationArn: ORGANIZATION }] }))).toBe('ResourceLimitExceeded');
    await share(image, { Add: [{ OrganizationArn: ORGANIZATION }], Remove: [{ UserId: THEIRS }] });
    await server.set('behaviour', { sharingQuota: 1000 });
    expect(await permissions(image)).toEqual([{ UserId: MANAGEMENT }, { OrganizationArn: ORGANIZATION }]);
  });

  it('are the owner’s to give', async () => {
    const image = await makeImage(ec2);
    await share(image, { Add: [{ UserId: THEIRS }] });
    expect(await refused(share(image, { Add: [{ Group: 'all' }] }, theirs))).toBe('AuthFailure');
  });

  it('reach the accounts of an organization and of its units, and no others', async () => {
    type Id = { readonly Id: string; readonly Arn: string };
    const keys = await server.keysOf(MANAGEMENT);
    const organizations = <T>(action: string, input: unknown) =>
      jsonCall<T>(
        server,
        { service: 'organizations', prefix: 'AWSOrganizationsV20161128', region: 'us-east-1', keys },
        action,
        input,
      );
    const { Organization } = await organizations<{ Organization: Id }>('CreateOrganization', { FeatureSet: 'ALL' });
    const { Roots } = await organizations<{ Roots: Id[] }>('ListRoots', {});
    const ParentId = Roots[0]?.Id ?? '';
    const unit = await organizations<{ OrganizationalUnit: Id }>('CreateOrganizationalUnit', {
      ParentId,
      Name: 'prod',
    });
    const account = async (name: string, parent: string) => {
      const input = { AccountName: name, Email: `${name}@example.org` };
      const made = await organizations<{ CreateAccountStatus: { AccountId: string } }>('CreateAccount', input);
      const { AccountId } = made.CreateAccountStatus;
      if (parent !== ParentId) {
        const move = { AccountId, SourceParentId: ParentId, DestinationParentId: parent };
        await organizations('MoveAccount', move);
      }
      return server.ec2Of(AccountId);
    };
    const inUnit = await account('prod', unit.OrganizationalUnit.Id);
    const beside = await account('dev', ParentId);
    const image = await makeImage(ec2);
    const seenBy = async () => {
      const Filters = [{ Name: 'image-id', Values: [image.ImageId ?? ''] }];
      const seen = [inUnit, beside, theirs].map((client) => client.send(new DescribeImagesCommand({ Filters })));
      return (await Promise.all(seen)).map(({ Images = [] }) => Images.length);
    };
    expect(await seenBy()).toEqual([0, 0, 0]);
    const OrganizationalUnitArn = unit.OrganizationalUnit.Arn;
    await share(image, { Add: [{ OrganizationalUnitArn }] });
    expect(await seenBy()).toEqual([1, 0, 0]);
    await share(image, { Add: [{ OrganizationArn: Organization.Arn }], Remove: [{ OrganizationalUnitArn }] });
    expect(await seenBy()).toEqual([1, 1, 0]);
  });
});

describe('block public access', () => {
  it('keeps an account and region from new public images', async () => {
    const far = server.ec2('ap-northeast-1');
    const image = await makeImage(far);
    const state = async () =>
      (await far.send(new GetImageBlockPublicAccessStateCommand({}))).ImageBlockPublicAccessState;
    expect(await state()).toBe('unblocked');
    const ImageBlockPublicAccessState = 'block-new-sharing' as const;
    await far.send(new EnableImageBlockPublicAccessCommand({ ImageBlockPublicAccessState }));
    expect(await state()).toBe('block-new-sharing');
    expect(await refused(share(image, { Add: [{ Group: 'all' }] }, far))).toBe('OperationNotPermitted');
    await share(image, { Add: [{ UserId: THEIRS }] }, far);
    await far.send(new DisableImageBlockPublicAccessCommand({}));
    await share(image, { Add: [{ Group: 'all' }] }, far);
  });
});

describe('createVolumePermission', () => {
  it('is of accounts and everybody, added or removed', async () => {
    const image = await makeImage(ec2);
    const [SnapshotId] = snapshotIds(image);
    const shown = async () => {
      const command = new DescribeSnapshotAttributeCommand({ SnapshotId, Attribute: 'createVolumePermission' });
      return (await ec2.send(command)).CreateVolumePermissions;
    };
    const modify = (Add: LaunchPermission[], Remove: LaunchPermission[] = []) =>
      ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission: { Add, Remove } }));
    await modify([{ UserId: THEIRS }, { Group: 'all' }]);
    expect(await shown()).toEqual([{ Group: 'all' }, { UserId: THEIRS }]);
    await shareSnapshot(image, [THEIRS], 'remove');
    expect(await shown()).toEqual([{ Group: 'all' }]);
    expect(await refused(modify([{ UserId: THEIRS }], [{ Group: 'all' }]))).toBe('InvalidParameterCombination');
    expect(await refused(modify([]))).toBe('MissingParameter');
    expect(await refused(modify([{ UserId: 'nobody' }]))).toBe('InvalidAMIAttributeItemValue');
    const many = Array.from({ length: 501 }, (_, number) => ({ UserId: String(100_000_000_000 + number) }));
    expect(await refused(modify(many))).toBe('InvalidParameterValue');
    await modify(many.slice(1));
    expect(await shown()).toHaveLength(501);
  });

  it('lets another account see the snapshot, without its tags, and change nothing', async () => {
    const image = await makeImage(ec2);
    const SnapshotIds = snapshotIds(image);
    await ec2.send(new CreateTagsCommand({ Resources: SnapshotIds, Tags: [{ Key: 'a', Value: 'b' }] }));
    const look = () => theirs.send(new DescribeSnapshotsCommand({ SnapshotIds }));
    expect(await refused(look())).toBe('InvalidSnapshot.NotFound');
    await shareSnapshot(image, [THEIRS]);
    expect((await look()).Snapshots).toMatchObject([{ SnapshotId: SnapshotIds[0], OwnerId: OURS, Tags: [] }]);
    const mine = await theirs.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
    expect(mine.Snapshots?.some(({ SnapshotId }) => SnapshotId === SnapshotIds[0])).toBe(false);
    const Filters = [{ Name: 'tag:a', Values: ['b'] }];
    expect((await theirs.send(new DescribeSnapshotsCommand({ Filters }))).Snapshots).toEqual([]);
    const again = { SnapshotId: SnapshotIds[0], CreateVolumePermission: { Add: [{ UserId: MANAGEMENT }] } };
    expect(await refused(theirs.send(new ModifySnapshotAttributeCommand(again)))).toBe('InvalidSnapshot.NotFound');
  });
});

describe('an image of another account', () => {
  it('is launched with the launch permission alone, and copied with that of its snapshots as well', async () => {
    const image = await makeImage(ec2, { secret: 'tag', 'ec2:SharedTag/version': '7' });
    const into = await server.ec2Of(THEIRS, 'eu-west-1');
    expect(await refused(copyImage(into, image))).toBe('InvalidAMIID.NotFound');
    await share(image, { Add: [{ UserId: THEIRS }] });
    expect(await runInstance(theirs, image.ImageId)).toMatch(/^i-/);
    await expect(copyImage(into, image)).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: 'You do not have permission to access the storage of this ami',
    });
    await shareSnapshot(image, [THEIRS]);
    const copy = await settled(into, await copyImage(into, image, { CopyImageTags: true }));
    expect(copy).toMatchObject({
      State: 'available',
      OwnerId: THEIRS,
      SourceImageId: image.ImageId,
      Tags: [{ Key: 'ec2:SharedTag/version', Value: '7' }],
    });
  });

  it('shows neither its tags nor where it came from', async () => {
    const image = await makeImage(ec2, { secret: 'tag' });
    await share(image, { Add: [{ UserId: THEIRS }] });
    const seen = await describeImage(theirs, image.ImageId ?? '');
    expect([seen.Tags, seen.SourceImageId, seen.SourceInstanceId]).toEqual([[], undefined, undefined]);
    for (const filter of [
      { Name: 'tag:secret', Values: ['tag'] },
      { Name: 'source-image-id', Values: [image.SourceImageId ?? ''] },
    ]) {
      const count = async (client: EC2Client) =>
        (await client.send(new DescribeImagesCommand({ Filters: [filter], Owners: [OURS] }))).Images?.length;
      expect(await count(ec2)).toBeGreaterThan(0);
      expect(await count(theirs)).toBe(0);
    }
  });

  it('is not copied when it has product codes, as neither is what was made of it', async () => {
    const image = await makeImage(ec2);
    await server.set('product-codes', { [image.ImageId ?? '']: ['abc123'] });
    const copy = await settled(ec2, await copyImage(ec2, image));
    for (const coded of [image, copy]) {
      await share(coded, { Add: [{ UserId: THEIRS }] });
      await shareSnapshot(coded, [THEIRS]);
      expect((await describeImage(theirs, coded.ImageId ?? '')).ProductCodes).toMatchObject([
        { ProductCodeId: 'abc123', ProductCodeType: 'marketplace' },
      ]);
      await expect(copyImage(theirs, coded)).rejects.toMatchObject({
        name: 'InvalidRequest',
        message: expect.stringContaining('Marketplace'),
      });
    }
    await expect(server.set('product-codes', { 'ami-none': [] })).rejects.toThrow(/400.*there is no image ami-none/);
  });
});

it('remembers what is shared after a crash', async () => {
  await using own = await SandboxServer.start();
  const image = await makeImage(own.ec2());
  const LaunchPermission = { Add: [{ OrganizationArn: ORGANIZATION }, { UserId: THEIRS }] };
  const { ImageId } = image;
  await own.ec2().send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
  const ImageBlockPublicAccessState = 'block-new-sharing' as const;
  await own.ec2().send(new EnableImageBlockPublicAccessCommand({ ImageBlockPublicAccessState }));
  expect(await own.end('SIGKILL')).toBe('SIGKILL');
  await own.start();
  const command = new DescribeImageAttributeCommand({ ImageId, Attribute: 'launchPermission' });
  expect((await own.ec2().send(command)).LaunchPermissions).toEqual(LaunchPermission.Add);
  const { ImageBlockPublicAccessState: state } = await own.ec2().send(new GetImageBlockPublicAccessStateCommand({}));
  expect(state).toBe('block-new-sharing');
  expect((await describeImage(await own.ec2Of(THEIRS), ImageId ?? '')).ImageId).toBe(ImageId);
});
