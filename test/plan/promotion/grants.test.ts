import { expect, test } from 'vitest';
import { NOT_SHARED } from '../../../src/model/channel.ts';
import type { ChannelName } from '../../../src/model/ids.ts';
import type { Tags } from '../../../src/model/image.ts';
import { grantKey } from '../../../src/model/status-tags.ts';
import { planGrant, planRevoke } from '../../../src/plan/promotion/grants.ts';
import { CHANNEL, COPIER, observed, TAGS } from '../../helpers/promotion.ts';

const OTHER = 'staging' as ChannelName;
const KEY = grantKey(COPIER, CHANNEL);
const OTHER_KEY = grantKey(COPIER, OTHER);

const source = (tags: Tags, { launch = false, volume = false } = {}) =>
  observed({
    tags: { ...TAGS, ...tags },
    launchPermissions: { ...NOT_SHARED, accounts: launch ? [COPIER] : [] },
    snapshots: observed().snapshots.map((snapshot) => ({
      ...snapshot,
      volumePermissions: { accounts: volume ? [COPIER] : [], public: false },
    })),
  });
const BOTH = { launch: true, volume: true };

test.each([
  [
    'nothing is there',
    source({}),
    { tag: { key: KEY, value: 'launch+volume' }, kmsKeys: [], launch: true, snapshotIds: ['snap-1'] },
  ],
  [
    'somebody lets it launch',
    source({}, { launch: true }),
    { tag: { key: KEY, value: 'volume' }, kmsKeys: [], launch: false, snapshotIds: ['snap-1'] },
  ],
  ['somebody has permitted all', source({}, BOTH), undefined],
  ['killed after the tag', source({ [KEY]: 'launch+volume' }), { kmsKeys: [], launch: true, snapshotIds: ['snap-1'] }],
  ['all is granted', source({ [KEY]: 'launch+volume' }, BOTH), undefined],
  [
    'another channel has granted it',
    source({ [OTHER_KEY]: 'launch+volume' }, BOTH),
    { tag: { key: KEY, value: 'launch+volume' }, kmsKeys: [], launch: false, snapshotIds: [] },
  ],
])('granting, where %s', (_, image, expected) => {
  expect(planGrant(image, COPIER, CHANNEL)).toEqual(expected);
});

test('who is to have it for good keeps it', () => {
  expect(planGrant(source({}), COPIER, CHANNEL, new Set([COPIER]))?.tag?.value).toBe('kept');
  expect(planRevoke(source({ [KEY]: 'kept' }, BOTH), COPIER, CHANNEL)).toEqual({
    key: KEY,
    kmsKeys: [],
    launch: false,
    snapshotIds: [],
  });
});

test.each([
  ['nothing was granted', source({}, BOTH), undefined],
  [
    'all was',
    source({ [KEY]: 'launch+volume' }, BOTH),
    { key: KEY, kmsKeys: [], launch: true, snapshotIds: ['snap-1'] },
  ],
  [
    'somebody let it launch before',
    source({ [KEY]: 'volume' }, BOTH),
    { key: KEY, kmsKeys: [], launch: false, snapshotIds: ['snap-1'] },
  ],
  [
    'killed after permissions',
    source({ [KEY]: 'launch+volume' }),
    { key: KEY, kmsKeys: [], launch: false, snapshotIds: [] },
  ],
  [
    'another channel needs them',
    source({ [KEY]: 'launch+volume', [OTHER_KEY]: 'launch+volume' }, BOTH),
    { key: KEY, kmsKeys: [], launch: false, snapshotIds: [] },
  ],
  [
    'the tag says nothing that is known',
    source({ [KEY]: 'by hand' }, BOTH),
    { key: KEY, kmsKeys: [], launch: false, snapshotIds: [] },
  ],
])('taking back, where %s', (_, image, expected) => {
  expect(planRevoke(image, COPIER, CHANNEL)).toEqual(expected);
});

test('the use of a key is granted whether the permissions are there or not, and ended with them', () => {
  const kmsKey = 'arn:aws:kms:us-east-1:111122223333:key/images';
  const encrypted = (tags: Tags) => {
    const image = source(tags, BOTH);
    return { ...image, snapshots: image.snapshots.map((one) => ({ ...one, encrypted: true, kmsKey })) };
  };
  const nothing = { launch: false, snapshotIds: [] };
  expect(planGrant(encrypted({}), COPIER, CHANNEL)).toEqual({
    tag: { key: KEY, value: 'kept' },
    kmsKeys: [kmsKey],
    ...nothing,
  });
  expect(planGrant(encrypted({ [KEY]: 'kept' }), COPIER, CHANNEL)).toEqual({ kmsKeys: [kmsKey], ...nothing });
  expect(planRevoke(encrypted({ [KEY]: 'kept' }), COPIER, CHANNEL)).toEqual({
    key: KEY,
    kmsKeys: [kmsKey],
    ...nothing,
  });
});
