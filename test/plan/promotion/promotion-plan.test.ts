import { describe, expect, test } from 'vitest';
import type { AmiId, ImageName, ProjectName, Version } from '../../../src/model/ids.ts';
import { type ChannelMove, type PromotionPlan, wantedId } from '../../../src/model/promotion.ts';
import { grantKey } from '../../../src/model/status-tags.ts';
import { begun, finished, isSettled, withdrawn } from '../../../src/plan/promotion/channel-moves.ts';
import { pointerId, sharedPointers, wantedPointers } from '../../../src/plan/promotion/plan-pointers.ts';
import { isNothing, movedSince, planPromotion, servingIds } from '../../../src/plan/promotion/promotion-plan.ts';
import { wantedOf } from '../../../src/plan/promotion/wanted.ts';
import {
  ami,
  CHANNEL,
  COPIER,
  channelOf,
  HOME,
  IRELAND,
  OWN,
  observed,
  SHARER,
  sourceOf,
  TAGS,
  target,
} from '../../helpers/promotion.ts';

const NOW = new Date('2026-11-20T13:00:00Z');
const PROJECT = 'acme' as ProjectName;
const TARGETS = [target(OWN, HOME), target(COPIER, IRELAND), target(SHARER, IRELAND, 'share')];
const pointers = { parameter: '/{project}/{channel}/{image}/{region}', launchTemplate: '{image}-{arch}', files: [] };
const channel = channelOf({ pointers });

function planOf({
  source = observed(),
  says = new Map<string, { imageId: string; version: number; userData?: string }>(),
} = {}) {
  const wanted = wantedOf(channel, TARGETS, [sourceOf(source)]);
  const looks = new Map(wanted.map((one) => [wantedId(one), { there: [], source, now: NOW }]));
  const imageIds = servingIds(wanted, looks);
  const userData = new Map([['api' as ImageName, 'digest']]);
  const all = wantedPointers({ project: PROJECT, channel, targets: TARGETS, wanted, imageIds, userData });
  const holds: Record<string, Version> = {};
  const inputs = {
    project: PROJECT,
    channel: CHANNEL,
    action: 'promote',
    wanted,
    looks,
    pointers: all,
    says,
    holds,
  } as const;
  return { plan: planPromotion(inputs), all };
}

test('a pointer has the AMI that serves its target, and none while that is not made', () => {
  const { plan } = planOf();
  expect(plan.pointers.map(({ target: { account, region }, moves }) => [account, region, moves])).toEqual([
    [
      OWN,
      HOME,
      [
        { kind: 'parameter', name: '/acme/prod/api/us-east-1', node: 'api/x86_64', to: ami(1) },
        { kind: 'launch-template', name: 'api-x86_64', node: 'api/x86_64', to: ami(1) },
      ],
    ],
    [
      COPIER,
      IRELAND,
      [
        { kind: 'parameter', name: '/acme/prod/api/eu-west-1', node: 'api/x86_64', to: null },
        { kind: 'launch-template', name: 'api-x86_64', node: 'api/x86_64', to: null },
      ],
    ],
    [
      SHARER,
      IRELAND,
      [
        { kind: 'parameter', name: '/acme/prod/api/eu-west-1', node: 'api/x86_64', to: null },
        { kind: 'launch-template', name: 'api-x86_64', node: 'api/x86_64', to: null },
      ],
    ],
  ]);
});

test('what is right is not moved; a launch template with other user-data is', () => {
  const { all } = planOf();
  const right = { imageId: ami(1), version: 3, userData: 'digest' };
  const says = new Map(all.map((pointer) => [pointerId(pointer), right]));
  expect(planOf({ says }).plan.pointers.map(({ target: { region } }) => region)).toEqual([IRELAND, IRELAND]);
  const other = new Map([...says].map(([id]) => [id, { ...right, userData: 'other' }]));
  expect(planOf({ says: other }).plan.pointers[0]?.moves).toEqual([
    {
      kind: 'launch-template',
      name: 'api-x86_64',
      node: 'api/x86_64',
      from: { ...right, userData: 'other' },
      to: ami(1),
    },
  ]);
});

test('two images that would share a pointer are told', () => {
  const { all } = planOf();
  expect(sharedPointers(all)).toEqual([]);
  expect(sharedPointers([...all, { ...all[0], node: 'api/arm64' } as (typeof all)[number]])).toEqual([
    [`${OWN}/${HOME} parameter /acme/prod/api/us-east-1`, ['api/x86_64', 'api/arm64']],
  ]);
});

describe('a saved plan', () => {
  const saved = JSON.parse(JSON.stringify(planOf().plan)) as PromotionPlan;

  test('is the same again while the world stands still', () => {
    expect(movedSince(saved, planOf().plan)).toEqual([]);
    expect(isNothing(saved)).toBe(false);
  });

  test('does not count permissions for copies', () => {
    const source = observed({ tags: { ...TAGS, [grantKey(COPIER, CHANNEL)]: 'launch+volume' } });
    expect(movedSince(saved, planOf({ source }).plan)).toEqual([]);
  });

  test('names what has moved', () => {
    const says = new Map([[`${OWN}/${HOME} launch-template api-x86_64`, { imageId: ami(7), version: 1 }]]);
    expect(movedSince(saved, planOf({ says }).plan)).toEqual([`pointers of ${OWN}/${HOME}`]);
    expect(movedSince(saved, { ...planOf().plan, holds: { api: '0.9' as Version } })).toEqual([
      'what the channel holds',
    ]);
  });
});

test('a grant to an account that the channel brings nothing to is left over', () => {
  const source = observed({ tags: { ...TAGS, [grantKey(SHARER, CHANNEL)]: 'launch' } });
  expect(planOf({ source }).plan.leftovers).toEqual([
    { do: 'revoke', account: SHARER, imageId: ami(1), snapshotIds: ['snap-1'] },
  ]);
});

describe('what a channel holds', () => {
  const key = { channel: CHANNEL, image: 'api' as ImageName };
  const said = (imageId: AmiId) => [
    { target: `${OWN}/${HOME}` as const, kind: 'parameter' as const, name: '/a', from: { imageId, version: 1 } },
  ];
  const move = (imageVersion: string, over: Partial<ChannelMove> = {}): ChannelMove => ({
    imageVersion,
    action: 'promote',
    amis: {},
    at: '2026-11-20T13:00:00Z',
    by: 'me',
    run: 'r',
    finished: false,
    ...over,
  });
  const held = finished(begun(undefined, key, move('1', { before: said(ami(1)) })));

  test('is the newest move, once its pointers are right', () => {
    expect(isSettled(held, '1')).toBe(true);
    const next = begun(held, key, move('2'));
    expect(isSettled(next, '2')).toBe(false);
    expect(finished(next).moves.map(({ imageVersion }) => imageVersion)).toEqual(['2', '1']);
    expect(withdrawn(next)).toEqual(held);
  });

  test('a move that was never finished is replaced, and what pointers said before it stays known', () => {
    const stopped = begun(held, key, move('2', { before: said(ami(1)) }));
    const next = begun(stopped, key, move('3', { before: said(ami(2)) }));
    expect(next.moves.map(({ imageVersion }) => imageVersion)).toEqual(['3', '1']);
    expect(next.moves[0]?.before).toEqual(said(ami(1)));
    expect(finished(next).moves[0]).not.toHaveProperty('before');
  });
});
