import { describe, expect, it } from 'vitest';
import { createSiteImages } from '../../../src/aws/promotion/site-images.ts';
import type { AccountId } from '../../../src/model/ids.ts';
import type { CopyRequest, ObservedImage } from '../../../src/model/promotion.ts';
import { amiId, REGION } from '../../helpers/builders.ts';
import { awsFailure, scriptedEc2 } from '../../helpers/scripted-ec2.ts';
import { SITE } from '../../helpers/sites.ts';
import { quickWaiting } from '../../helpers/waiting.ts';

const REQUEST: CopyRequest = {
  source: amiId(1),
  sourceRegion: REGION,
  name: 'acme/api/1-x86_64',
  attempt: 1,
  tags: { b: '2', a: '1' },
  clientToken: 'f00d',
};

function siteImages(answers: Parameters<typeof scriptedEc2>[0] = {}, waiting = quickWaiting()) {
  const { client, calls } = scriptedEc2(answers);
  return { images: createSiteImages({ site: SITE, connection: SITE, ec2: client }, waiting), calls, waiting };
}

const refusing = (name: string, message?: string) => () => {
  throw awsFailure(name, message);
};

describe('copying', () => {
  it('asks for the key only where one is wanted', async () => {
    const { images, calls } = siteImages({ CopyImage: () => ({ ImageId: amiId(2) }) });
    await images.copy(REQUEST);
    await images.copy({ ...REQUEST, kmsKey: 'alias/images' });
    expect(calls[0]?.input).not.toHaveProperty('Encrypted');
    expect(calls[1]?.input).toMatchObject({ Encrypted: true, KmsKeyId: 'alias/images', ClientToken: 'f00d' });
  });

  it('tags the copy and its snapshots in the call, in an order that does not depend on the caller', async () => {
    const { images, calls } = siteImages({ CopyImage: () => ({ ImageId: amiId(2) }) });
    await images.copy(REQUEST);
    const Tags = [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ];
    expect(calls[0]?.input.TagSpecifications).toEqual([
      { ResourceType: 'image', Tags },
      { ResourceType: 'snapshot', Tags },
    ]);
  });

  it.each([
    ['ResourceLimitExceeded', 'copy-quota'],
    ['InvalidAMIName.Duplicate', 'image-name-taken'],
    ['UnauthorizedOperation', 'access-denied'],
  ])('tells %s as %s', async (name, code) => {
    const { images } = siteImages({ CopyImage: refusing(name) });
    await expect(images.copy(REQUEST)).rejects.toMatchObject({ code });
  });

  it.each([
    ['InvalidAMIID.NotFound', ''],
    ['InvalidRequest', 'You do not have permission to access the storage of this ami'],
  ])('waits for a source that was shared just now and is answered with %s', async (name, message) => {
    let left = 3;
    const { images, waiting } = siteImages({
      CopyImage: () => {
        if (left-- > 0) throw awsFailure(name, message);
        return { ImageId: amiId(2) };
      },
    });
    expect(await images.copy(REQUEST)).toBe(amiId(2));
    expect(waiting.slept).toEqual([500, 1000, 2000]);
  });
});

it('gives up on what is not there when the time is over, and says which call it was', async () => {
  const { images, waiting } = siteImages({ CreateTags: refusing('InvalidAMIID.NotFound') });
  await expect(images.tag([amiId(1)], { a: '1' })).rejects.toMatchObject({
    message: expect.stringMatching(/could not tag ami-\w+ in \d{12}\/eu-central-1.*InvalidAMIID\.NotFound/),
  });
  expect(waiting.slept.reduce((sum, pause) => sum + pause, 0)).toBe(10_000);
});

it('tells that an image is shared with as many as may be', async () => {
  const { images } = siteImages({ ModifyImageAttribute: refusing('ResourceLimitExceeded') });
  const add = { accounts: [SITE.account], organizations: [], organizationalUnits: [], public: false };
  await expect(images.addLaunchPermissions(amiId(1), add)).rejects.toMatchObject({ code: 'sharing-quota' });
});

it.each([
  ['on', { action: 'EnableImageDeregistrationProtection', input: { ImageId: amiId(1), WithCooldown: false } }],
  [
    'with-cooldown',
    { action: 'EnableImageDeregistrationProtection', input: { ImageId: amiId(1), WithCooldown: true } },
  ],
  ['off', { action: 'DisableImageDeregistrationProtection', input: { ImageId: amiId(1) } }],
] as const)('protects: %s', async (protection, call) => {
  const { images, calls } = siteImages();
  await images.protect(amiId(1), protection);
  expect(calls).toEqual([call]);
});

it.each([
  [undefined, 'off'],
  ['disabled', 'off'],
  ['enabled-with-cooldown', 'with-cooldown'],
  ['enabled-without-cooldown', 'on'],
])('reads protection %s as %s', async (says, protection) => {
  const ami = { ImageId: amiId(1), State: 'available', DeregistrationProtection: says };
  const { images } = siteImages({ DescribeImages: () => ({ Images: [ami] }) });
  expect(await images.states([amiId(1)])).toMatchObject([{ deregistrationProtection: protection }]);
});

it('changes the permissions of a snapshot for 500 accounts per call', async () => {
  const { images, calls } = siteImages();
  const accounts = Array.from({ length: 1001 }, (_, n) => `${n}`.padStart(12, '0') as AccountId);
  await images.addVolumePermissions('snap-1', accounts);
  expect(calls.map(({ input }) => (input.UserIds as string[]).length)).toEqual([500, 500, 1]);
  expect(calls.flatMap(({ input }) => input.UserIds)).toEqual(accounts);
});

it('makes no call where there is nobody to share with', async () => {
  const { images, calls } = siteImages();
  const nobody = { accounts: [], organizations: [], organizationalUnits: [], public: false };
  await images.addLaunchPermissions(amiId(1), nobody);
  await images.removeVolumePermissions('snap-1', []);
  expect(calls).toEqual([]);
});

const FAILED = {
  ImageId: amiId(3),
  Name: REQUEST.name,
  State: 'failed',
  StateReason: { Message: 'Internal error' },
  SourceImageId: amiId(1),
  SourceImageRegion: REGION,
};

describe('a copy that failed', () => {
  const snapshot = {
    SnapshotId: 'snap-9',
    Description: `Copied for DestinationAmi ${amiId(3)} from SourceAmi ${amiId(1)} for SourceSnapshot snap-1.`,
    State: 'error',
    StateMessage: 'Given key ID is not accessible',
  };

  it('is told with the message of a snapshot that it does not list', async () => {
    const { images } = siteImages({
      DescribeImages: () => ({ Images: [FAILED] }),
      DescribeSnapshots: () => ({ Snapshots: [snapshot] }),
    });
    expect(await images.states([amiId(3)])).toMatchObject([
      {
        state: 'failed',
        reason: 'Internal error',
        copyOf: { imageId: amiId(1), region: REGION },
        snapshots: [{ snapshotId: 'snap-9', device: '', state: 'error', message: 'Given key ID is not accessible' }],
      },
    ]);
  });

  it('goes after the snapshots that it does not list, and with those that it does', async () => {
    const { images, calls } = siteImages({
      DescribeSnapshots: () => ({ Snapshots: [snapshot] }),
      DeregisterImage: () => ({ DeleteSnapshotResults: [{ SnapshotId: 'snap-7', ReturnCode: 'success' }] }),
    });
    const listed = ['snap-7', 'snap-8'].map((snapshotId) => ({ snapshotId, device: '/dev/xvda' }));
    await images.removeFailed({ imageId: amiId(3), snapshots: listed } as unknown as ObservedImage);
    expect(calls.slice(1)).toEqual([
      { action: 'DeleteSnapshot', input: { SnapshotId: 'snap-9' } },
      { action: 'DeregisterImage', input: { ImageId: amiId(3), DeleteAssociatedSnapshots: true } },
      { action: 'DeleteSnapshot', input: { SnapshotId: 'snap-8' } },
    ]);
  });
});

it('asks once for each kind of look, and once for all snapshots', async () => {
  const ami = (n: number) => ({
    ImageId: amiId(n),
    Name: `acme/api/${n}-x86_64`,
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: `snap-${n}` } }],
  });
  const { images, calls } = siteImages({ DescribeImages: () => ({ Images: [ami(1), ami(2)] }) });
  const names = ['acme/api/1-x86_64', 'acme/api/2-x86_64'];
  expect(await images.find({ copiesOf: [amiId(8), amiId(9)], names, imageIds: [] })).toHaveLength(2);
  expect(calls.map(({ action }) => action)).toEqual(['DescribeImages', 'DescribeImages', 'DescribeSnapshots']);
  expect(calls[2]?.input.Filters).toEqual([{ Name: 'snapshot-id', Values: ['snap-1', 'snap-2'] }]);
});

it('takes neither an image baked on one that is looked for, nor one whose name only begins alike', async () => {
  const child = {
    ImageId: amiId(5),
    Name: 'x',
    SourceImageId: amiId(1),
    SourceImageRegion: REGION,
    SourceInstanceId: 'i-1',
  };
  const others = ['acme/api/1-x86_64@2', 'acme/api/1-x86_64-old', 'acme/api/1-x86_64@b'].map((Name, n) => ({
    ImageId: amiId(6 + n),
    Name,
  }));
  const { images } = siteImages({ DescribeImages: () => ({ Images: [child, ...others] }) });
  const found = await images.find({ copiesOf: [amiId(1)], names: ['acme/api/1-x86_64'], imageIds: [] });
  expect(found.map(({ name }) => name)).toEqual(['acme/api/1-x86_64@2']);
});
