import { expect, test } from 'vitest';
import { type Channel, NOT_SHARED, type ResolvedTarget, targetId } from '../../../src/model/channel.ts';
import type { AccountId, ChannelName, ImageName, Version } from '../../../src/model/ids.ts';
import { type ObservedImage, wantedId } from '../../../src/model/promotion.ts';
import { type PreflightFacts, preflight } from '../../../src/plan/promotion/preflight.ts';
import { wantedOf } from '../../../src/plan/promotion/wanted.ts';
import {
  ami,
  at,
  COPIER,
  channelOf,
  HOME,
  IRELAND,
  OWN,
  observed,
  SHARER,
  sourceOf,
  TAGS,
  TRAITS,
  target,
} from '../../helpers/promotion.ts';

const NOW = new Date('2026-11-20T13:00:00Z');
const [SNAPSHOT] = observed().snapshots as [ObservedImage['snapshots'][number]];
const AWS_KEY = 'arn:aws:kms:us-east-1:111122223333:key/aws';
const encrypted = { snapshots: [{ ...SNAPSHOT, encrypted: true, kmsKey: AWS_KEY }] };
const API = 'api' as ImageName;
const STAGING = 'staging' as ChannelName;
const TRIED = { channels: [], tried: { within: 3600 }, regionConfig: false };
const tried = (over: object = {}) =>
  new Map([
    [
      'api/x86_64' as const,
      { result: 'passed', at: '2026-11-20T12:30:00Z', userData: undefined, tool: '1', ...over } as const,
    ],
  ]);
const shared = { sharing: { ...NOT_SHARED, accounts: [SHARER] } };
const organization = { sharing: { ...NOT_SHARED, organizations: ['arn:aws:organizations::1:organization/o-1'] } };

const encryptedBy = (manager: 'aws' | 'customer') => ({
  defaultKeys: new Map([[targetId(at(OWN, IRELAND)), { always: true, manager }]]),
});

interface Case {
  readonly source?: Partial<ObservedImage>;
  readonly channel?: Partial<Channel>;
  readonly targets?: readonly ResolvedTarget[];
  readonly there?: readonly ObservedImage[];
  readonly facts?: Partial<PreflightFacts>;
}

function problems({ source, channel: over, targets = [target(OWN, IRELAND)], there = [], facts }: Case) {
  const channel = channelOf(over);
  const image = observed(source);
  const wanted = wantedOf(channel, targets, [sourceOf(image)]);
  const looks = new Map(wanted.map((one) => [wantedId(one), { there, source: image, now: NOW }]));
  return preflight({
    channel,
    wanted,
    looks,
    keyManagers: new Map([[AWS_KEY, 'aws']]),
    defaultKeys: new Map(),
    holds: new Map(),
    bad: new Map(),
    tried: new Map(),
    userData: new Map(),
    now: NOW,
    ...facts,
  });
}

test.each<[string, Case]>([
  ['an own copy', {}],
  ['product codes, and nobody else gets it', { source: { productCodes: ['x'] } }],
  ['AWS’s key, and nobody else gets it', { source: encrypted }],
  [
    'AWS’s key, and what is shared is encrypted anew',
    { source: encrypted, channel: shared, targets: [target(OWN, IRELAND, 'copy', 'alias/ours')] },
  ],
  [
    'the region encrypts with a key of ours',
    {
      source: encrypted,
      channel: shared,
      facts: encryptedBy('customer'),
    },
  ],
  ['a copy of the name', { there: [observed({ imageId: ami(9), copyOf: { imageId: ami(1), region: HOME } })] }],
  [
    'staging holds it',
    {
      channel: { requires: { channels: [STAGING], regionConfig: false } },
      facts: { holds: new Map([[STAGING, new Map([[API, '1.0.0' as Version]])]]) },
    },
  ],
  ['tried in time', { channel: { requires: TRIED }, facts: { tried: tried() } }],
  [
    'an organization, and accounts that launch ours',
    { channel: organization, targets: [target(SHARER, IRELAND, 'share')] },
  ],
])('nothing against it: %s', (_, given) => {
  expect(problems(given)).toEqual([]);
});

test.each<[string, string, Case]>([
  ['source-not-available', 'pending', { source: { state: 'pending' } }],
  ['source-not-copyable', 'instance store', { source: { traits: { ...TRAITS, rootDeviceType: 'instance-store' } } }],
  ['source-not-copyable', 'paravirtual', { source: { traits: { ...TRAITS, virtualization: 'paravirtual' } } }],
  ['product-codes', 'another account copies', { source: { productCodes: ['x'] }, targets: [target(COPIER, IRELAND)] }],
  ['product-codes', 'another account receives', { source: { productCodes: ['x'] }, channel: shared }],
  [
    'key-of-aws',
    'another account copies',
    { source: encrypted, targets: [target(COPIER, IRELAND, 'copy', 'alias/theirs')] },
  ],
  ['key-of-aws', 'shared as it is', { source: encrypted, channel: shared }],
  ['key-of-aws', 'shared with an organization', { source: encrypted, channel: organization }],
  ['key-of-aws', 'the region encrypts with it what is shared', { channel: shared, facts: encryptedBy('aws') }],
  ['key-of-source', 'the image itself serves', { targets: [target(OWN, HOME, 'copy', 'alias/ours')] }],
  ['key-elsewhere', 'an ARN of another region', { targets: [target(OWN, IRELAND, 'copy', AWS_KEY)] }],
  ['organization-and-copy', 'both', { channel: organization, targets: [target(COPIER, IRELAND)] }],
  [
    'name-taken',
    'by an AMI of something else',
    { there: [observed({ imageId: ami(9), site: at(OWN, IRELAND), tags: { ...TAGS, 'bake:fingerprint': 'e' } })] },
  ],
  [
    'marked-bad',
    'its parent',
    { facts: { bad: new Map([['api/x86_64', [{ what: 'parent base 1', why: 'leaks' }]]]) } },
  ],
  ['not-in-channel', 'none there', { channel: { requires: { channels: [STAGING], regionConfig: false } } }],
  ['not-tried', 'never', { channel: { requires: TRIED } }],
  ['not-tried', 'failed', { channel: { requires: TRIED }, facts: { tried: tried({ result: 'failed' }) } }],
  [
    'not-tried',
    'too long ago',
    { channel: { requires: TRIED }, facts: { tried: tried({ at: '2026-11-20T11:59:00Z' }) } },
  ],
  [
    'not-tried',
    'other user-data',
    { channel: { requires: TRIED }, facts: { tried: tried({ userData: 'f'.repeat(64) }) } },
  ],
  [
    'public-and-encrypted',
    'both',
    { channel: { sharing: { ...NOT_SHARED, public: true } }, targets: [target(OWN, IRELAND, 'copy', 'alias/ours')] },
  ],
  [
    'sharing-quota',
    'too many',
    {
      channel: {
        sharing: {
          ...NOT_SHARED,
          accounts: Array.from({ length: 1001 }, (_, n) => `${n}`.padStart(12, '0') as AccountId),
        },
      },
    },
  ],
])('%s: %s', (code, _, given) => {
  const found = problems(given);
  expect(found.map((problem) => problem.code)).toEqual([code]);
  expect(found[0]?.hint).toMatch(/\S/);
});
