import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOT_SHARED } from '../../../src/model/channel.ts';
import type { AmiState } from '../../../src/model/known-image.ts';
import type { ObservedImage, SiteStep, Wanted } from '../../../src/model/promotion.ts';
import { grantKey } from '../../../src/model/status-tags.ts';
import { TAG } from '../../../src/model/tags.ts';
import { planSite, type SiteLook } from '../../../src/plan/promotion/plan-site.ts';
import { wantedOf } from '../../../src/plan/promotion/wanted.ts';
import {
  ami,
  at,
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
import { converged, grantsLeft } from '../../helpers/site-model.ts';

const NOW = new Date('2026-11-20T13:00:00Z');
const ORGANIZATION = 'arn:aws:organizations::1:organization/o-1';

const channel = channelOf({
  sharing: { ...NOT_SHARED, accounts: [SHARER], organizations: [ORGANIZATION] },
  deprecateAfterDays: 90,
  deregistrationProtection: 'on',
});
const [HOME_SITE, OWN_COPY, FOREIGN_COPY] = [target(OWN, HOME), target(OWN, IRELAND), target(COPIER, IRELAND)].map(
  (one) => wantedOf(channel, [one], [sourceOf()])[0] as Wanted,
) as [Wanted, Wanted, Wanted];

const look = (there: readonly ObservedImage[], source = observed()): SiteLook => ({ there, source, now: NOW });
const copy = (over: Partial<ObservedImage> = {}): ObservedImage =>
  observed({
    imageId: ami(9),
    site: at(OWN, IRELAND),
    copyOf: { imageId: ami(1), region: HOME },
    snapshots: observed().snapshots.map((snapshot) => ({ ...snapshot, snapshotId: 'snap-9' })),
    ...over,
  });
const kinds = (steps: readonly SiteStep[]) => steps.map((step) => step.do);

test('where nothing is, everything is planned, in order', () => {
  expect(kinds(planSite(OWN_COPY, look([])))).toEqual([
    'copy',
    'wait',
    'share-snapshots',
    'share-image',
    'deprecate',
    'protect',
  ]);
  expect(kinds(planSite(FOREIGN_COPY, look([])))).toEqual(['grant', 'copy', 'wait', 'deprecate', 'protect', 'revoke']);
  expect(kinds(planSite(HOME_SITE, look([])))).toEqual(['share-snapshots', 'share-image', 'deprecate', 'protect']);
});

describe('a copy', () => {
  test.each<[string, Partial<ObservedImage>, boolean]>([
    ['of the source by EC2’s word, whatever its name', { name: 'other', tags: {} }, true],
    ['of another image', { copyOf: { imageId: ami(2), region: HOME } }, false],
    ['of the same id in another region', { copyOf: { imageId: ami(1), region: IRELAND } }, false],
    ['that a trial made', { tags: { ...TAGS, [TAG.run]: 'r' } }, false],
  ])('%s', (_, over, recognised) => {
    expect(kinds(planSite(OWN_COPY, look([copy(over)]))).includes('copy')).toBe(!recognised);
  });

  test.each<[string, Partial<ObservedImage>, boolean]>([
    ['identity in its tags', { name: 'other' }, true],
    ['another fingerprint', { tags: { ...TAGS, [TAG.fingerprint]: 'e'.repeat(64) } }, false],
    ['its name alone', { tags: {}, name: 'acme/api/1.0.0-x86_64@2' }, true],
    ['neither', { tags: {}, name: 'acme/api/1.0.0-x86_64@two' }, false],
  ])('of which EC2 says nothing is known by %s', (_, over, recognised) => {
    const { copyOf: _origin, ...restored } = copy(over);
    expect(kinds(planSite(OWN_COPY, look([restored]))).includes('copy')).toBe(!recognised);
  });

  test('that failed is followed by the next attempt, and goes once that is accepted', () => {
    const name = copy().name;
    const failed = [
      copy({ state: 'failed', reason: 'no key' }),
      copy({ imageId: ami(8), name: `${name}@3`, state: 'error' }),
    ];
    const steps = planSite(OWN_COPY, look(failed));
    expect(kinds(steps).slice(0, 4)).toEqual(['copy', 'remove-dead', 'remove-dead', 'wait']);
    expect(steps[0]).toMatchObject({ request: { attempt: 4, name: `${name}@4` } });
  });

  test('that somebody else made by hand and that failed is left alone', () => {
    expect(kinds(planSite(OWN_COPY, look([copy({ state: 'failed', name: 'by hand' })])))).not.toContain('remove-dead');
  });
});

test('attempts, sites and keys have tokens of their own; the same again has the same', () => {
  const token = (wanted: Wanted, there: readonly ObservedImage[] = []) => {
    const step = planSite(wanted, look(there)).find((one) => one.do === 'copy');
    return step?.do === 'copy' ? step.request.clientToken : undefined;
  };
  const tokens = [
    token(OWN_COPY),
    token(FOREIGN_COPY),
    token({ ...OWN_COPY, kmsKey: 'alias/a' }),
    token(OWN_COPY, [copy({ state: 'failed' })]),
  ];
  expect(new Set(tokens).size).toBe(4);
  expect(token(OWN_COPY)).toBe(tokens[0]);
  expect(tokens[0]).toMatch(/^[0-9a-f]{64}$/);
});

describe('what is stronger than wanted stays', () => {
  const right = converged(OWN_COPY, look([])).look;
  const [image] = right.there as [ObservedImage];
  test.each<[string, Partial<ObservedImage>]>([
    ['a later deprecation', { deprecateAt: '2030-01-01T00:00:00.000Z' }],
    ['protection with a cool-down', { deregistrationProtection: 'with-cooldown' }],
    ['further tags', { tags: { ...image.tags, more: 'yes' } }],
    [
      'further accounts',
      { launchPermissions: { ...NOT_SHARED, accounts: [SHARER, COPIER], organizations: [ORGANIZATION] } },
    ],
  ])('%s', (_, over) => {
    expect(planSite(OWN_COPY, { ...right, there: [{ ...image, ...over }] })).toEqual([]);
  });

  test('but an earlier deprecation is moved, and one of the past is not asked for', () => {
    const early = { ...image, deprecateAt: '2026-12-01T00:00:00.000Z' };
    expect(planSite(OWN_COPY, { ...right, there: [early] })).toEqual([
      { do: 'deprecate', imageId: image.imageId, at: '2027-02-18T12:01:00.000Z' },
    ]);
    expect(planSite(OWN_COPY, { ...right, there: [early], now: new Date('2027-03-01T00:00:00Z') })).toEqual([]);
  });
});

test('an account that is to have the source for good keeps what a copy needed', () => {
  const key = grantKey(SHARER, CHANNEL);
  const granted = look([], observed({ tags: { ...TAGS, [key]: 'launch+volume' } }));
  expect(planSite(HOME_SITE, granted)[0]).toEqual({ do: 'tag', resources: [ami(1)], tags: { [key]: 'kept' } });
});

describe('from any state', () => {
  const subset = <T>(all: readonly T[]) => fc.subarray([...all]);
  const tags = subset(Object.entries(TAGS)).map((entries) => Object.fromEntries(entries));
  const state = fc.constantFrom<AmiState>(
    'available',
    'pending',
    'failed',
    'error',
    'invalid',
    'transient',
    'deregistered',
  );
  const permissions = subset([SHARER, COPIER]);
  const image = fc
    .record({
      state,
      tags,
      snapshotTags: tags,
      name: fc.constantFrom('', '@2', '@3', '@7', ' of mine').map((end) => `acme/api/1.0.0-x86_64${end}`),
      launch: permissions,
      volume: permissions,
      deprecateAt: fc.constantFrom(undefined, '2026-12-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z'),
      deregistrationProtection: fc.constantFrom('off' as const, 'on' as const),
    })
    .map(({ snapshotTags, launch, volume, deprecateAt, ...rest }) =>
      copy({
        ...rest,
        snapshots: copy().snapshots.map((snapshot) => ({
          ...snapshot,
          tags: snapshotTags,
          volumePermissions: { accounts: volume, public: false },
        })),
        launchPermissions: { ...NOT_SHARED, accounts: launch },
        ...(deprecateAt === undefined ? {} : { deprecateAt }),
      }),
    );
  const there = fc
    .array(image, { maxLength: 4 })
    .map((images) => images.map((one, place) => ({ ...one, imageId: ami(50 + place) })));
  const source = fc
    .record({ grants: subset(['launch+volume', 'kept', 'launch']), launch: permissions, volume: permissions })
    .map(({ grants, launch, volume }) =>
      observed({
        tags: { ...TAGS, ...Object.fromEntries(grants.slice(0, 1).map((value) => [grantKey(COPIER, CHANNEL), value])) },
        snapshots: observed().snapshots.map((snapshot) => ({
          ...snapshot,
          volumePermissions: { accounts: volume, public: false },
        })),
        launchPermissions: { ...NOT_SHARED, accounts: launch },
      }),
    );

  test.each([
    ['home', HOME_SITE],
    ['an own copy', OWN_COPY],
    ['a copy of another account', FOREIGN_COPY],
  ])('%s becomes right, and nothing is done twice', (_, wanted) => {
    fc.assert(
      fc.property(there, source, (images, from) => {
        const { look: after, taken } = converged(wanted, look(images, from));
        const done = taken.filter((step) => step.do !== 'wait').map((step) => JSON.stringify(step));
        expect(new Set(done).size).toBe(done.length);
        const had = images.some(({ state }) => ['available', 'pending', 'transient'].includes(state));
        expect(kinds(taken).filter((kind) => kind === 'copy')).toHaveLength(wanted.copied && !had ? 1 : 0);
        expect(grantsLeft(after).filter((grant) => wanted === FOREIGN_COPY && grant.account === COPIER)).toEqual([]);
      }),
    );
  });
});
