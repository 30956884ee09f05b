import { expect, test } from 'vitest';
import { NOT_SHARED } from '../../../src/model/channel.ts';
import { grantKey } from '../../../src/model/status-tags.ts';
import { TAG } from '../../../src/model/tags.ts';
import { wantedOf } from '../../../src/plan/promotion/wanted.ts';
import {
  at,
  CHANNEL,
  COPIER,
  channelOf,
  HOME,
  IRELAND,
  OWN,
  observed,
  SHARER,
  SYDNEY,
  sourceOf,
  TAGS,
  target,
} from '../../helpers/promotion.ts';

const TARGETS = [
  target(OWN, HOME),
  target(SHARER, IRELAND, 'share'),
  target(COPIER, IRELAND, 'copy', 'alias/theirs'),
  target(OWN, SYDNEY, 'copy', 'alias/ours'),
  target(SHARER, SYDNEY, 'share', 'alias/ours'),
];

test('a share needs our own copy there; a copy of another account is its own', () => {
  const wanted = wantedOf(channelOf(), TARGETS, [sourceOf()]);
  expect(
    wanted.map(({ site, copied, serves, sharing, kmsKey }) => [site, copied, serves, sharing.accounts, kmsKey]),
  ).toEqual([
    [at(OWN, SYDNEY), true, [`${OWN}/${SYDNEY}`, `${SHARER}/${SYDNEY}`], [SHARER], 'alias/ours'],
    [at(OWN, IRELAND), true, [`${SHARER}/${IRELAND}`], [SHARER], undefined],
    [at(OWN, HOME), false, [`${OWN}/${HOME}`], [], undefined],
    [at(COPIER, IRELAND), true, [`${COPIER}/${IRELAND}`], [], 'alias/theirs'],
  ]);
});

test('the channel’s sharing is joined to that of targets, and is not another account’s business', () => {
  const channel = channelOf({ sharing: { ...NOT_SHARED, accounts: [COPIER, OWN, SHARER] } });
  const sharing = wantedOf(channel, TARGETS, [sourceOf()]).map((one) => one.sharing.accounts);
  expect(sharing).toEqual([[COPIER, SHARER], [COPIER, SHARER], [COPIER, SHARER], []]);
});

test('status tags stay at the source', () => {
  const status = { [TAG.bad]: 'why', [TAG.tried]: 'x', [grantKey(COPIER, CHANNEL)]: 'kept', 'bake:channel/prod': 'x' };
  const source = sourceOf(observed({ tags: { ...TAGS, ...status, 'aws:backup': 'x' } }));
  expect(wantedOf(channelOf(), TARGETS, [source])[0]?.tags).toEqual(TAGS);
});

test('deprecation counts from the bake, in whole minutes', () => {
  const [wanted] = wantedOf(channelOf({ deprecateAfterDays: 10 }), TARGETS, [sourceOf()]);
  expect(wanted?.deprecateAt).toBe('2026-11-30T12:01:00.000Z');
});
