import { describe, expect, it, test } from 'vitest';
import { NOT_SHARED } from '../../../src/model/channel.ts';
import type { Architecture, ImageName, Region } from '../../../src/model/ids.ts';
import type { Keep } from '../../../src/model/keep.ts';
import type { ObservedImage } from '../../../src/model/promotion.ts';
import type { BakedVersion, PruneDecision } from '../../../src/model/prune.ts';
import { retiredTags } from '../../../src/model/retired.ts';
import { TAG } from '../../../src/model/tags.ts';
import { bakedVersions } from '../../../src/plan/prune/baked-versions.ts';
import type { PruneRules } from '../../../src/plan/prune/own-reasons.ts';
import { planPrune } from '../../../src/plan/prune/plan-prune.ts';
import type { Referrers } from '../../../src/plan/prune/referrers.ts';
import { base, config, NOW, PROJECT, service } from '../../helpers/builders.ts';
import { ami, at, COPIER, HOME, IRELAND, OWN, observed } from '../../helpers/promotion.ts';

const DAY = 24 * 60 * 60 * 1000;
const KEEP: Keep = { last: 1, days: 30, grace: 7 * 24 * 3600 };
const home = at(OWN, HOME);
const far = at(COPIER, IRELAND);
const ago = (days: number): string => new Date(NOW.getTime() - days * DAY).toISOString();

interface Made extends Partial<ObservedImage> {
  readonly days: number;
  readonly arch?: Architecture;
  readonly parent?: number;
  /** Days since it was retired. */
  readonly retired?: number;
}

let nextCopy = 1000;

/** `api` number 3: version 3.0.0, `ami(3)`. */
function made(image: string, number: number, { days, arch = 'x86_64', parent, retired, ...over }: Made): ObservedImage {
  const version = `${number}.0.0`;
  const mark = { at: ago(retired ?? 0), protection: 'off', sharing: NOT_SHARED } as const;
  const tags = {
    [TAG.project]: PROJECT,
    [TAG.image]: image,
    [TAG.version]: version,
    [TAG.architecture]: arch,
    [TAG.fingerprint]: `${number}`.padStart(64, 'f'),
    ...(parent === undefined ? {} : { [TAG.parentAmi]: ami(parent) }),
    ...(retired === undefined ? {} : retiredTags(mark, {})),
    ...over.tags,
  };
  const gone = retired === undefined ? {} : { state: 'disabled' as const, deprecateAt: ago(retired) };
  return observed({
    imageId: ami(number),
    site: home,
    name: `acme/${image}/${version}-${arch}`,
    createdAt: ago(days),
    ...gone,
    ...over,
    tags,
  });
}

const copy = (of: ObservedImage, over: Partial<ObservedImage> = {}): ObservedImage => ({
  ...of,
  imageId: ami(nextCopy++),
  site: far,
  copyOf: { imageId: of.imageId, region: home.region },
  ...over,
});

const NOBODY: Referrers = {
  references: [],
  holdings: [],
  reservations: [],
  sources: new Map(),
  pinned: new Set(),
  promoting: new Map(),
};

const IMAGES = [base('base', { keep: KEEP }), service('api', 'base', { keep: KEEP }), service('free', 'base')];

function planned(
  images: readonly ObservedImage[],
  referrers: Partial<Referrers> = {},
  rules: Partial<PruneRules> = {},
) {
  const versions: readonly BakedVersion[] = bakedVersions(PROJECT, home, images);
  const settings = config(IMAGES);
  const all: PruneRules = { images: settings.images, protects: () => false, now: NOW, ...rules };
  return planPrune(versions, { config: settings, rules: all, referrers: { ...NOBODY, ...referrers } });
}

const said = (decision: PruneDecision): string =>
  decision.action === 'keep' ? decision.because.map(({ why }) => why).join(' ') : decision.action;

const says = (...request: Parameters<typeof planned>) =>
  Object.fromEntries(planned(...request).decisions.map((one) => [`${one.image} ${one.version}`, said(one)]));

/** So that an old version is not the newest. */
const newest = made('api', 9, { days: 40 });
const old = (over: Partial<Made> = {}) => made('api', 1, { days: 100, ...over });
const marked = (tags: Readonly<Record<string, string>>) => old({ state: 'disabled', tags });

describe('an old version', () => {
  it.each<[string, readonly ObservedImage[], string, Partial<Referrers>?, Partial<PruneRules>?]>([
    ['that nothing needs', [old()], 'retire'],
    ['with a copy that nothing needs', [old(), copy(old())], 'retire'],
    ['whose copy is young', [old(), copy(old(), { createdAt: ago(2) })], 'young'],
    ['whose copy was launched', [old(), copy(old(), { launchedAt: ago(29) })], 'launched'],
    ['that was launched long ago', [old({ launchedAt: ago(31) })], 'retire'],
    ['without a date', [old({ createdAt: '' })], 'young'],
    ['that was not asked for', [old()], 'not-selected', {}, { selected: new Set(['base']) }],
    ['that was never finished', [observed({ ...old(), tags: { [TAG.project]: PROJECT } })], 'unfinished'],
    ['that is still made', [old({ state: 'pending' })], 'copying'],
    ['whose copy is under way', [old(), copy(old(), { state: 'pending' })], 'copying'],
    ['whose copy failed', [old(), copy(old(), { state: 'failed' })], 'retire'],
    ['that an account may copy just now', [old({ tags: { 'bake:grant/222233334444/prod': 'launch' } })], 'copying'],
    ['that an account may copy for good', [old({ tags: { 'bake:grant/222233334444/prod': 'kept' } })], 'retire'],
    ['that somebody has disabled', [old({ state: 'disabled' })], 'disabled'],
    ['whose mark is somebody else’s', [marked({ [TAG.retired]: 'yes' })], 'mark-unreadable'],
    ['that somebody protects', [old({ deregistrationProtection: 'on' })], 'protected'],
    ['that its channel protects', [old({ deregistrationProtection: 'on' })], 'retire', {}, { protects: () => true }],
    ['that is bad', [old({ tags: { [TAG.bad]: 'it leaks' } })], 'retire'],
    ['that is pinned', [old()], 'pinned', { pinned: new Set([ami(1)]) }],
    ['that another project stands on', [old()], 'source', { sources: new Map([[ami(1), 'other/web']]) }],
    [
      'that somebody promotes',
      [old()],
      'promoting',
      { promoting: new Map([['api' as ImageName, 'alice on her machine']]) },
    ],
    [
      'that a bake could launch',
      [old()],
      'baking',
      { reservations: [{ name: 'bake/acme/other/1-x86_64', createdAt: '' }] },
    ],
    [
      'that a trial may have launched',
      [old()],
      'baking',
      { reservations: [{ name: 'bake/acme/api/x86_64/run', createdAt: '' }] },
    ],
    [
      'on whose image nothing is baked',
      [old()],
      'retire',
      { reservations: [{ name: 'bake/acme/api/2.0.0-x86_64', createdAt: '' }] },
    ],
  ])('%s', (_, images, expected, referrers, rules) => {
    expect(says([...images, newest], referrers, rules)['api 1.0.0']).toBe(expected);
  });

  it('is kept by whatever refers to one of its copies, for every reason that there is', () => {
    const source = old();
    const far = copy(source);
    const references = [
      { imageId: far.imageId, kind: 'instance', name: 'i-1', where: `${COPIER}/${IRELAND}` as const },
    ];
    const holding = { channel: 'prod', image: 'api', version: '1.0.0', holds: 'before', amis: [] };
    const holdings = [holding] as unknown as Referrers['holdings'];
    expect(says([source, far, newest], { references, holdings })['api 1.0.0']).toBe('channel reference');
  });
});

describe('what is not surely ours', () => {
  const source = old();
  it.each<[string, ObservedImage]>([
    ['a copy of something else', copy(source, { copyOf: { imageId: ami(77), region: HOME } })],
    ['a trial’s copy', copy(source, { tags: { ...source.tags, [TAG.run]: 'run' } })],
    ['another project’s', copy(source, { tags: { ...source.tags, [TAG.project]: 'other' } })],
    ['a name alone', copy(made('api', 5, { days: 100 }), { copyOf: { imageId: ami(77), region: HOME }, tags: {} })],
  ])('%s is left out', (_, image) => {
    const images = planned([source, newest, image]).decisions.flatMap((one) =>
      one.images.map(({ imageId }) => imageId),
    );
    expect(images.toSorted()).toEqual([source.imageId, newest.imageId].toSorted());
  });

  it('but copies that are left of what was ours go', () => {
    expect(says([copy(old()), newest])).toEqual({ 'api 1.0.0': 'retire', 'api 9.0.0': 'newest' });
  });
});

test('images without a rule, and those of another checkout, stay', () => {
  const images = [made('free', 1, { days: 900 }), made('gone', 2, { days: 900 })];
  expect(says(images)).toEqual({ 'free 1.0.0': 'no-rule', 'gone 2.0.0': 'not-configured' });
});

test('the newest of each architecture stay, of which bad and retired ones are none', () => {
  const images = [
    made('api', 1, { days: 50 }),
    made('api', 2, { days: 45, tags: { [TAG.bad]: 'it leaks' } }),
    made('api', 3, { days: 60, arch: 'arm64' }),
    made('api', 4, { days: 70 }),
  ];
  expect(says(images)).toEqual({
    'api 1.0.0': 'newest',
    'api 2.0.0': 'retire',
    'api 3.0.0': 'newest',
    'api 4.0.0': 'retire',
  });
});

test('what is retired is kept when the rule would keep it now', () => {
  const images = [made('api', 1, { days: 100, retired: 20 }), newest];
  const raised = config([base('base'), service('api', 'base', { keep: { ...KEEP, last: 2 } })]).images;
  expect(says(images)['api 1.0.0']).toBe('deregister');
  expect(says(images, {}, { images: raised })['api 1.0.0']).toBe('newest');
});

describe('parents', () => {
  const lineage = (child: Partial<Made>, parent: Partial<Made> = {}) => [
    made('base', 2, { days: 200, ...parent }),
    made('base', 8, { days: 50 }),
    made('api', 1, { days: 100, parent: 2, ...child }),
    newest,
  ];

  it('stay with what stays', () => {
    const holdings = [{ channel: 'prod', image: 'api', version: '1.0.0', holds: 'now', amis: [] }];
    const kept = says(lineage({}), { holdings: holdings as unknown as Referrers['holdings'] });
    expect([kept['api 1.0.0'], kept['base 2.0.0']]).toEqual(['channel', 'parent']);
  });

  it('stay with grandchildren, and with what was not asked for', () => {
    const images = [...lineage({}), made('free', 3, { days: 90, parent: 1 })];
    expect(says(images)).toMatchObject({ 'free 3.0.0': 'no-rule', 'api 1.0.0': 'parent', 'base 2.0.0': 'parent' });
    const selected = new Set(['base']);
    expect(says(lineage({}), {}, { selected })).toMatchObject({ 'api 1.0.0': 'not-selected', 'base 2.0.0': 'parent' });
  });

  it('go after their children, and not while an undo can bring these back', () => {
    const [child, parent] = planned(lineage({})).decisions.filter(({ version }) =>
      ['1.0.0', '2.0.0'].includes(version),
    );
    expect(child).toMatchObject({ action: 'retire', after: [] });
    expect(parent).toMatchObject({ action: 'retire', after: ['api/x86_64@1.0.0'] });
    expect(says(lineage({ retired: 2 }, { retired: 20 }))).toMatchObject({ 'api 1.0.0': 'wait', 'base 2.0.0': 'wait' });
    expect(says(lineage({ retired: 8 }, { retired: 20 }))).toMatchObject({
      'api 1.0.0': 'deregister',
      'base 2.0.0': 'deregister',
    });
    expect(says(lineage({}, { retired: 20 }))).toMatchObject({ 'api 1.0.0': 'retire', 'base 2.0.0': 'wait' });
  });
});

test('is deregistered when the grace of the mark that came last is over', () => {
  const source = made('api', 1, { days: 100, retired: 20 });
  const late = copy(made('api', 1, { days: 100, retired: 6 }));
  const [, decision] = planned([source, late, newest]).decisions;
  expect(decision).toMatchObject({ action: 'wait', deregisterAfter: new Date(NOW.getTime() + DAY).toISOString() });
});

test('costs what its snapshots do, everywhere', () => {
  const source = old();
  const sydney = at(OWN, 'ap-southeast-2' as Region);
  const { saves, decisions } = planned([source, copy(source), copy(source, { site: sydney }), newest]);
  // Two gigabytes each.
  expect(decisions[1]).toMatchObject({
    bytes: 3 * 2 ** 31,
    usdPerMonth: expect.closeTo(2 * 0.05 + 2 * 0.05 + 2 * 0.055),
  });
  expect(saves).toMatchObject({ bytes: 3 * 2 ** 31, verified: false, asOf: '2026-11-20' });
});
