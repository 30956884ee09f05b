import { DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSiteImages } from '../../../src/aws/promotion/site-images.ts';
import { NOT_SHARED } from '../../../src/model/channel.ts';
import type { AccountId, AmiId } from '../../../src/model/ids.ts';
import type { CopyRequest } from '../../../src/model/promotion.ts';
import type { SiteQuery } from '../../../src/run/promote-effects.ts';
import { amiId, REGION, sha256 } from '../../helpers/builders.ts';
import { available, makeAmi } from '../../helpers/make-ami.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { ACCOUNT, OTHER, sandboxSites } from '../../helpers/sites.ts';
import { quickWaiting } from '../../helpers/waiting.ts';

const THERE = 'eu-west-1';
const NAME = 'acme/api/2026.11.20.1-x86_64';
const TAGS = { 'bake:image': 'api', team: 'web' };
const ORGANIZATION = 'arn:aws:organizations::111122223333:organization/o-abcdefghij';
const UNIT = 'arn:aws:organizations::111122223333:ou/o-abcdefghij/ou-ab12-abcdefgh';

let server: SandboxServer;
let sites: ReturnType<typeof sandboxSites>;
let source: AmiId;

const imagesAt = (region: string, account?: AccountId) =>
  createSiteImages(sites.open(region, account), quickWaiting(0));

beforeAll(async () => {
  server = await SandboxServer.start();
  sites = sandboxSites(server);
  source = await makeAmi(sites.open(REGION).ec2, NAME, TAGS);
  await available(imagesAt(REGION), source);
});
afterAll(async () => {
  sites.close();
  await server[Symbol.asyncDispose]();
});

/** A copy of its own for each test: its name is told apart by `n`. */
const request = (n: string, other: Partial<CopyRequest> = {}): CopyRequest => ({
  source,
  sourceRegion: REGION,
  name: `acme/api/${n}-x86_64`,
  attempt: 1,
  tags: TAGS,
  clientToken: sha256(n),
  ...other,
});

async function copied(n: string) {
  const images = imagesAt(THERE);
  const imageId = await images.copy(request(n));
  return { images, imageId, image: await available(images, imageId) };
}

describe('a copy', () => {
  it('is made once for one request', async () => {
    const { images, imageId } = await copied('once');
    expect(await images.copy(request('once'))).toBe(imageId);
  });

  it('has the traits, the tags and the sizes of its source', async () => {
    const { image } = await copied('alike');
    const [original] = await imagesAt(REGION).find({ copiesOf: [], names: [], imageIds: [source] });
    expect(image.traits).toEqual(original?.traits);
    expect(image).toMatchObject({
      site: { account: ACCOUNT, region: THERE },
      tags: TAGS,
      deregistrationProtection: 'off',
    });
    expect(image.copyOf).toEqual({ imageId: source, region: REGION });
    expect(original).not.toHaveProperty('copyOf');
    expect(image.snapshots).toEqual([
      { ...original?.snapshots[0], snapshotId: expect.stringMatching(/^snap-/), state: 'completed', tags: TAGS },
    ]);
    expect(image.snapshots[0]?.bytes).toBe(8 * 2 ** 30);
  });

  it('is found by its source, and by its name with the number of the attempt', async () => {
    const { images, imageId } = await copied('found');
    const second = await images.copy(
      request('found', { name: `${request('found').name}@2`, clientToken: sha256('2') }),
    );
    const none = { copiesOf: [], names: [], imageIds: [] };
    const idsOf = async (query: Partial<SiteQuery>) =>
      (await images.find({ ...none, ...query })).map((image) => image.imageId);
    expect(await idsOf({ names: [request('found').name] })).toEqual(expect.arrayContaining([imageId, second]));
    expect(await idsOf({ copiesOf: [source] })).toEqual(expect.arrayContaining([imageId, second]));
    expect(await idsOf({ copiesOf: [amiId(9)], names: ['acme/api/foun'] })).toEqual([]);
    expect(await idsOf(none)).toEqual([]);
  });

  it('is removed with its snapshot, and then once more', async () => {
    const { images, image } = await copied('failed');
    expect(await images.isGone(image.imageId)).toBe(false);
    await images.removeFailed(image);
    await images.removeFailed(image);
    expect(await images.states([image.imageId])).toEqual([]);
    expect([await images.isGone(image.imageId), await images.isGone(amiId(9))]).toEqual([true, false]);
    const Filters = [{ Name: 'snapshot-id', Values: image.snapshots.map(({ snapshotId }) => snapshotId) }];
    const { Snapshots } = await sites.open(THERE).ec2.send(new DescribeSnapshotsCommand({ Filters }));
    expect(Snapshots).toEqual([]);
  });
});

describe('permissions', () => {
  it('are added to those that there are, and taken away one by one', async () => {
    const { images, imageId, image } = await copied('shared');
    const [snapshotId = ''] = image.snapshots.map((snapshot) => snapshot.snapshotId);
    const [first, second] = ['111122223333' as AccountId, OTHER];
    await images.addLaunchPermissions(imageId, { ...NOT_SHARED, accounts: [second], organizations: [ORGANIZATION] });
    await images.addLaunchPermissions(imageId, { ...NOT_SHARED, accounts: [first], organizationalUnits: [UNIT] });
    await images.addLaunchPermissions(imageId, { ...NOT_SHARED, accounts: [first] });
    await images.addVolumePermissions(snapshotId, [second, first]);
    expect(await images.withPermissions(image)).toMatchObject({
      launchPermissions: {
        accounts: [first, second],
        organizations: [ORGANIZATION],
        organizationalUnits: [UNIT],
        public: false,
      },
      snapshots: [{ volumePermissions: { accounts: [first, second], public: false } }],
    });

    await images.removeLaunchPermissions(imageId, { ...NOT_SHARED, accounts: [first], organizations: [ORGANIZATION] });
    await images.removeLaunchPermissions(imageId, { ...NOT_SHARED, accounts: [first] });
    await images.removeVolumePermissions(snapshotId, [first]);
    expect(await images.withPermissions(image)).toMatchObject({
      launchPermissions: { accounts: [second], organizations: [], organizationalUnits: [UNIT] },
      snapshots: [{ volumePermissions: { accounts: [second] } }],
    });
  });

  it('can be for everybody', async () => {
    const { images, imageId, image } = await copied('public');
    await images.addLaunchPermissions(imageId, { ...NOT_SHARED, public: true });
    expect(await images.withPermissions(image)).toMatchObject({ launchPermissions: { accounts: [], public: true } });
    await images.removeLaunchPermissions(imageId, { ...NOT_SHARED, public: true });
    expect(await images.withPermissions(image)).toMatchObject({ launchPermissions: NOT_SHARED });
  });

  it('let another account copy, with its own credentials', async () => {
    const theirs = imagesAt(THERE, OTHER);
    await expect(theirs.copy(request('theirs'))).rejects.toMatchObject({
      message: expect.stringContaining('InvalidAMIID.NotFound'),
    });
    const ours = imagesAt(REGION);
    const [original] = await ours.states([source]);
    await ours.addLaunchPermissions(source, { ...NOT_SHARED, accounts: [OTHER] });
    for (const { snapshotId } of original?.snapshots ?? []) await ours.addVolumePermissions(snapshotId, [OTHER]);
    const imageId = await theirs.copy(request('theirs'));
    expect(await available(theirs, imageId)).toMatchObject({ site: { account: OTHER }, tags: TAGS });
    expect(await imagesAt(THERE).states([imageId])).toEqual([]);
  });
});

it('adds tags to image and snapshots, and removes them whatever their value', async () => {
  const { images, imageId, image } = await copied('tagged');
  const resources = [imageId, ...image.snapshots.map(({ snapshotId }) => snapshotId)];
  await images.tag(resources, { 'bake:grant/1/staging': 'now', team: 'ops' });
  expect(await images.states([imageId])).toMatchObject([
    { tags: { 'bake:grant/1/staging': 'now', team: 'ops' }, snapshots: [{ tags: { team: 'ops' } }] },
  ]);
  await images.untag(resources, ['bake:grant/1/staging', 'team', 'never-there']);
  expect(await images.states([imageId])).toMatchObject([
    { tags: { 'bake:image': 'api' }, snapshots: [{ tags: { 'bake:image': 'api' } }] },
  ]);
});

it('deprecates at a minute', async () => {
  const { images, imageId } = await copied('old');
  const at = `${new Date().getUTCFullYear() + 1}-03-04T05:06:00.000Z`;
  await images.deprecate(imageId, at);
  expect(await images.states([imageId])).toMatchObject([{ deprecateAt: at }]);
});
