import { describe, expect, it } from 'vitest';
import { NOT_SHARED, type Sharing } from '../../../src/model/channel.ts';
import type { AccountId } from '../../../src/model/ids.ts';
import type { ObservedImage } from '../../../src/model/promotion.ts';
import type { BakedVersion, RetireStep } from '../../../src/model/prune.ts';
import { retiredTags } from '../../../src/model/retired.ts';
import { deregisterSteps, isRetiredWell, retireSteps, undoSteps } from '../../../src/plan/prune/retire-steps.ts';
import { NOW } from '../../helpers/builders.ts';
import { ami, at, COPIER, IRELAND, observed } from '../../helpers/promotion.ts';

const SOON = '2026-11-20T12:01:00.000Z';
const SHARED: Sharing = { ...NOT_SHARED, accounts: ['999988887777' as AccountId] };
const source = observed({ launchPermissions: SHARED, deprecateAt: '2027-02-18T12:30:00.000Z' });
const copy = observed({ imageId: ami(2), site: at(COPIER, IRELAND), deregistrationProtection: 'with-cooldown' });

const version = (...images: readonly [ObservedImage, ...ObservedImage[]]): BakedVersion =>
  ({
    id: 'api/x86_64@1.0.0',
    image: 'api',
    version: '1.0.0',
    architecture: 'x86_64',
    source: images[0],
    copies: images.slice(1),
  }) as unknown as BakedVersion;

const said = (steps: readonly RetireStep[]) =>
  steps.map((step) => `${step.do} ${step.imageId === ami(1) ? 'source' : 'copy'}`);

/** As it is after these steps. */
function changedBy(image: ObservedImage, steps: readonly RetireStep[]): ObservedImage {
  let now = image;
  for (const step of steps) if (step.imageId === image.imageId) now = changedByOne(now, step);
  return now;
}

function changedByOne(now: ObservedImage, step: RetireStep): ObservedImage {
  const { deprecateAt: _, ...undated } = now;
  switch (step.do) {
    case 'mark':
      return { ...now, tags: { ...now.tags, ...step.tags } };
    case 'unmark':
      return { ...now, tags: Object.fromEntries(Object.entries(now.tags).filter(([key]) => !step.keys.includes(key))) };
    case 'deprecate':
      return { ...now, deprecateAt: step.at.replace(/(:\d\d)Z$/, '$1.000Z') };
    case 'undeprecate':
      return undated;
    case 'disable':
      return { ...now, state: 'disabled', launchPermissions: NOT_SHARED };
    case 'enable':
      return { ...now, state: 'available' };
    case 'share':
      return { ...now, launchPermissions: step.add };
    case 'protect':
      return { ...now, deregistrationProtection: step.protection };
    case 'deregister':
      throw new Error('it is gone');
  }
}

describe('retiring', () => {
  const steps = retireSteps(version(source, copy), NOW);

  it('takes copies first, of each the mark first, and its cooldown last', () => {
    expect(said(steps)).toEqual([
      ...['mark copy', 'deprecate copy', 'disable copy', 'protect copy'],
      ...['mark source', 'deprecate source', 'disable source'],
    ]);
    expect(steps.flatMap((step) => (step.do === 'deprecate' ? [step.at] : []))).toEqual([SOON, SOON]);
  });

  it('is done once all of it is, and undone to the letter from wherever it was stopped', () => {
    for (let done = 0; done <= steps.length; done++) {
      const there = [source, copy].map((image) => changedBy(image, steps.slice(0, done)));
      expect(there.every((image) => isRetiredWell(image, NOW))).toBe(done === steps.length);
      const [first = source, ...others] = there;
      const back = undoSteps(version(first, ...others), NOW);
      for (const [place, image] of [source, copy].entries())
        expect([done, changedBy(there[place] ?? image, back)]).toEqual([done, image]);
    }
  });

  it('goes on where it was stopped, and keeps the first moment', () => {
    const later = new Date(NOW.getTime() + 3_600_000);
    for (let done = 1; done < steps.length; done++) {
      const [first = source, ...others] = [source, copy].map((image) => changedBy(image, steps.slice(0, done)));
      const rest = retireSteps(version(first, ...others), later);
      const kinds = (all: readonly RetireStep[]) => said(all);
      expect([done, kinds(rest)]).toEqual([done, kinds(steps.slice(done))]);
      const moments = [first, ...others].map((image) => changedBy(image, rest).tags['bake:retired']?.slice(0, 20));
      expect(moments).toContain('2026-11-20T12:00:00Z');
    }
  });

  it('does not disable what an undo could not bring back', () => {
    const tags = Object.fromEntries(Array.from({ length: 49 }, (_, number) => [`tag-${number}`, '']));
    const full = observed({ tags, launchPermissions: SHARED });
    expect(said(retireSteps(version(full), NOW))).toEqual(['mark source', 'deprecate source']);
    const done = changedBy(full, retireSteps(version(full), NOW));
    expect([isRetiredWell(done, NOW), done.tags['bake:retired']]).toEqual([
      true,
      expect.stringMatching(/shares=many$/),
    ]);
  });

  it('writes down again who may launch it where that has changed before it was disabled', () => {
    const mark = { at: '2026-11-01T00:00:00Z', protection: 'off', sharing: NOT_SHARED } as const;
    const changed = observed({ launchPermissions: SHARED, tags: retiredTags(mark, {}), deprecateAt: SOON });
    const [first] = retireSteps(version(changed), NOW);
    expect(first).toMatchObject({ do: 'mark', tags: retiredTags({ ...mark, sharing: SHARED }, {}) });
  });
});

describe('an undo', () => {
  it('takes the source first, and the mark off last', () => {
    const retired = [source, copy].map((image) => changedBy(image, retireSteps(version(source, copy), NOW)));
    const [first = source, ...others] = retired;
    expect(said(undoSteps(version(first, ...others), NOW))).toEqual([
      ...['enable source', 'share source', 'deprecate source', 'unmark source'],
      ...['enable copy', 'undeprecate copy', 'protect copy', 'unmark copy'],
    ]);
  });

  it('leaves a deprecation whose date has passed, and what was never retired', () => {
    const [retired = source] = [changedBy(source, retireSteps(version(source), NOW))];
    const late = new Date('2027-03-01T00:00:00Z');
    expect(said(undoSteps(version(retired, copy), late))).toEqual(['enable source', 'share source', 'unmark source']);
  });
});

it('deregisters copies first, and takes a protection off just before', () => {
  const steps = deregisterSteps(version(source, { ...copy, deregistrationProtection: 'on' }));
  expect(said(steps)).toEqual(['protect copy', 'deregister copy', 'deregister source']);
  expect(steps.at(-1)).toMatchObject({ snapshotIds: ['snap-1'] });
});
