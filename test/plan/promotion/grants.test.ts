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
    { tag: { key: KEY, value: 'launch+volume' }, launch: true, snapshotIds: ['snap-1'] },
  ],
  [
    'somebody lets it launch',
    source({}, { launch: true }),
    { tag: { key: KEY, value: 'volume' }, launch: false, snapshotIds: ['snap-1'] },
  ],
  ['somebody has permitted all', source({}, BOTH), undefined],
  ['killed after the tag', source({ [KEY]: 'launch+volume' }), { launch: true, snapshotIds: ['snap-1'] }],
  ['all is granted', source({ [KEY]: 'launch+volume' }, BOTH), undefined],
  [
    'another channel has granted it',
    source({ [OTHER_KEY]: 'launch+volume' }, BOTH),
    { tag: { key: KEY, value: 'launch+volume' }, launch: false, snapshotIds: [] },
  ],
])('granting, where %s', (_, image, expected) => {
  expect(planGrant(image, COPIER, CHANNEL)).toEqual(expected);
});

test('who is to have it for good keeps it', () => {
  expect(planGrant(source({}), COPIER, CHANNEL, new Set([COPIER]))?.tag?.value).toBe('kept');
  expect(planRevoke(source({ [KEY]: 'kept' }, BOTH), COPIER, CHANNEL)).toEqual({
    key: KEY,
    launch: false,
    snapshotIds: [],
  });
});

test.each([
  ['nothing was granted', source({}, BOTH), undefined],
  ['all was', source({ [KEY]: 'launch+volume' }, BOTH), { key: KEY, launch: true, snapshotIds: ['snap-1'] }],
  [
    'somebody let it launch before',
    source({ [KEY]: 'volume' }, BOTH),
    { key: KEY, launch: false, snapshotIds: ['snap-1'] },
  ],
  ['killed after permissions', source({ [KEY]: 'launch+volume' }), { key: KEY, launch: false, snapshotIds: [] }],
  [
    'another channel needs them',
    source({ [KEY]: 'launch+volume', [OTHER_KEY]: 'launch+volume' }, BOTH),
    { key: KEY, launch: false, snapshotIds: [] },
  ],
  [
    'the tag says nothing that is known',
    source({ [KEY]: 'by hand' }, BOTH),
    { key: KEY, launch: false, snapshotIds: [] },
  ],
])('taking back, where %s', (_, image, expected) => {
  expect(planRevoke(image, COPIER, CHANNEL)).toEqual(expected);
});
