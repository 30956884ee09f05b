import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeId } from '../../src/model/ids.ts';
import type { Config, Image, Layer } from '../../src/model/image.ts';
import type { KnownImage } from '../../src/model/known-image.ts';
import type { BakePlan, BakeStep, PlanStep } from '../../src/model/plan.ts';
import { explainPlan } from '../../src/plan/explain.ts';
import { fingerprintOf, inputGroups } from '../../src/plan/fingerprint.ts';
import { type PlannedBakes, type PlanRequest, planBake, type World } from '../../src/plan/plan-bake.ts';
import { epochsAt } from '../../src/plan/refresh.ts';
import {
  amiId,
  base,
  config,
  EPOCHS,
  fingerprint,
  imageName,
  known,
  layer,
  layerFile,
  service,
  sha256,
  sourceAmi,
  sourceAmisOf,
} from '../helpers/builders.ts';

const OS = layer('os', { files: [layerFile('/etc/motd')] });
const APP = layer('app', { files: [layerFile('/etc/app.conf')] });
/** The layers as they were a day before. */
const OLD = [layer('os'), layer('app')];

// base ── mid ── app
const IMAGES = [base('base', { layers: ['os'] }), service('mid', 'base', { layers: ['app'] }), service('app', 'mid')];
const CONFIG = config(IMAGES, [OS, APP]);

type Asked = Partial<Omit<PlanRequest, 'images' | 'config'>> & {
  readonly config?: Config;
  readonly images?: readonly string[];
};

function request({ images = ['app'], ...other }: Asked = {}): PlanRequest {
  const defaults = { config: CONFIG, parents: 'bake', force: false, nonce: 'run-2', epochs: EPOCHS } as const;
  return { ...defaults, ...other, images: images.map(imageName) };
}

function world(images: readonly KnownImage[] = [], other: Partial<World> = {}): World {
  const sourceAmis = sourceAmisOf(IMAGES);
  const templates = { 'provision/run.sh': sha256('run') };
  return { images, sourceAmis, templates, inputsOfImage: new Map(), bakedBefore: new Map(), ...other };
}

const stepsOf = ({ plan }: PlannedBakes): Record<string, PlanStep> =>
  Object.fromEntries(plan.steps.map((step) => [step.id, step]));

/** `base/x86_64: bake never-baked` and the like. */
const short = ({ plan }: PlannedBakes) =>
  plan.steps.map((step) => {
    const what = step.action === 'bake' ? `bake ${step.reason.why}` : `reuse ${step.imageId.slice(-2)}`;
    const parent = step.parent.kind === 'this-run' ? step.parent.image : step.parent.imageId.slice(-2);
    return `${step.image}: ${what} on ${parent}`;
  });

/** AMIs as a run with these layers would have left them: base is number 11, mid 12, app 13. */
function bakedWith(layers: readonly Layer[], start = 11, other: Parameters<typeof known>[2] = {}): KnownImage[] {
  const { plan, inputs } = planBake(request({ config: { ...CONFIG, layers: config([], layers).layers } }), world());
  return plan.steps.map((step, index) =>
    known(step.image, start + index, {
      fingerprint: step.fingerprint,
      inputGroups: inputGroups(inputs.get(step.id) ?? {}),
      parent: step.parent.kind === 'this-run' ? `${step.parent.image}/2026.11.19.1` : undefined,
      sourceName: 'debian-12-old',
      ...other,
    } as Parameters<typeof known>[2]),
  );
}

const upToDate = bakedWith([OS, APP]);
const [BASE, MID, TOP] = upToDate as [KnownImage, KnownImage, KnownImage];
const [OLD_BASE, OLD_MID, OLD_TOP] = bakedWith(OLD, 1) as [KnownImage, KnownImage, KnownImage];

describe('scenarios', () => {
  test.each<[string, Asked, readonly KnownImage[], string[]]>([
    [
      'nothing is there: the whole lineage, parents first',
      {},
      [],
      ['base: bake never-baked on 01', 'mid: bake never-baked on base', 'app: bake never-baked on mid'],
    ],
    [
      'all is there: nothing to do',
      {},
      upToDate,
      ['base: reuse 0b on 01', 'mid: reuse 0c on 0b', 'app: reuse 0d on 0c'],
    ],
    [
      'the parent changed, and with it its children',
      {},
      [OLD_BASE, OLD_MID, OLD_TOP],
      ['base: bake inputs-changed on 01', 'mid: bake inputs-changed on base', 'app: bake parent-changed on mid'],
    ],
    [
      'the root of the lineage is gone: what stands on it is still good',
      {},
      [MID, TOP],
      ['mid: reuse 0c on base', 'app: reuse 0d on 0c'],
    ],
    [
      'it is baked all the same when it is asked for',
      { images: ['base', 'app'] },
      [MID, TOP],
      ['base: bake never-baked on 01', 'mid: reuse 0c on base', 'app: reuse 0d on 0c'],
    ],
    ['parents only as far as asked', { images: ['mid'] }, upToDate, ['base: reuse 0b on 01', 'mid: reuse 0c on 0b']],
    [
      'forced: the image asked for, and it alone',
      { images: ['mid'], force: true },
      upToDate,
      ['base: reuse 0b on 01', 'mid: bake forced on 0b'],
    ],
    [
      'forced parent and child',
      { images: ['mid', 'app'], force: true },
      upToDate,
      ['base: reuse 0b on 01', 'mid: bake forced on 0b', 'app: bake forced on mid'],
    ],
    [
      'asked for in another order than they depend on one another',
      { images: ['app', 'base'] },
      [],
      ['base: bake never-baked on 01', 'mid: bake never-baked on base', 'app: bake never-baked on mid'],
    ],
    [
      'a parent that could not be made: its newest version takes its place, which may be what there is already',
      { images: ['base', 'app'], notMade: new Set(['mid/x86_64'] as const) },
      [OLD_BASE, OLD_MID, OLD_TOP],
      ['base: bake inputs-changed on 01', 'app: reuse 03 on 02'],
    ],
    [
      'the same where that version is bad: there is nothing to take its place',
      { notMade: new Set(['mid/x86_64'] as const) },
      [OLD_BASE, { ...OLD_MID, markedBad: true }],
      ['base: bake inputs-changed on 01', 'mid: bake never-baked on base', 'app: bake never-baked on mid'],
    ],
  ])('%s', (_, asked, images, steps) => expect(short(planBake(request(asked), world(images)))).toEqual(steps));
});

describe('with parents as they are', () => {
  const useExisting = (asked: Asked, images: readonly KnownImage[]) =>
    planBake(request({ parents: 'use-existing', ...asked }), world(images));
  const outOfDate = (planned: PlannedBakes) => planned.plan.warnings.map(({ hint }) => hint);

  test.each<[string, Asked, readonly KnownImage[], steps: string[], warnings: string[]]>([
    ['the wanted parent', {}, [BASE, MID], ['app: bake never-baked on 0c'], []],
    [
      'the newest parent, with a warning, when none is up to date',
      {},
      [BASE, OLD_MID],
      ['app: bake never-baked on 02'],
      ['bake service mid, or add --with-parents'],
    ],
    [
      'the wanted one although there is a newer one',
      {},
      [BASE, MID, { ...OLD_MID, imageId: amiId(99), createdAt: '2027-01-01T00:00:00.000Z' }],
      ['app: bake never-baked on 0c'],
      [],
    ],
    [
      'a missing parent is baked first',
      { images: ['mid'] },
      [],
      ['base: bake never-baked on 01', 'mid: bake never-baked on base'],
      [],
    ],
    [
      'a missing parent is baked upon the one that is there',
      {},
      [OLD_BASE],
      ['mid: bake never-baked on 01', 'app: bake never-baked on mid'],
      ['bake base base, or add --with-parents'],
    ],
    // Whether mid is up to date is asked; nothing has to be made for that.
    ['nothing is baked for a parent that is used as it is', {}, [MID], ['app: bake never-baked on 0c'], []],
    [
      'an unfinished or a bad image is no parent',
      { images: ['mid'] },
      [{ ...BASE, markedBad: true }, { ...OLD_BASE, state: 'pending' }, known('base', 5, {})],
      ['base: bake image-missing on 01', 'mid: bake never-baked on base'],
      [],
    ],
    [
      'a parent whose own parent is forced is out of date',
      { images: ['base', 'app'], force: true },
      upToDate,
      ['base: bake forced on 01', 'app: bake forced on 0c'],
      ['bake service mid, or add --with-parents'],
    ],
    [
      'a parent that is asked for as well is not used as it is',
      { images: ['mid', 'base'] },
      [OLD_BASE],
      ['base: bake inputs-changed on 01', 'mid: bake never-baked on base'],
      [],
    ],
  ])('%s', (_, asked, images, steps, warnings) => {
    const planned = useExisting(asked, images);
    expect(short(planned)).toEqual(steps);
    expect(outOfDate(planned)).toEqual(warnings);
  });

  const DISK = { markedBad: true, bad: { reason: 'the disk fills up' } };

  test('a bad parent is passed over for an older one, and it is said why', () => {
    const planned = useExisting({ images: ['mid'] }, [{ ...BASE, ...DISK }, OLD_BASE]);
    expect(short(planned)).toEqual([`mid: bake never-baked on ${OLD_BASE.imageId.slice(-2)}`]);
    expect(planned.plan.warnings).toEqual([
      {
        code: 'parent-marked-bad',
        message: `base 2026.11.19.1 (${OLD_BASE.imageId}) is used as the parent, since base 2026.11.19.1 is marked bad: the disk fills up`,
        hint: 'bake base base, or add --with-parents',
      },
    ]);
  });

  test('a bad parent that has changed since is baked again, and it is said why', () => {
    const planned = useExisting({ images: ['mid'] }, [{ ...OLD_BASE, ...DISK }]);
    expect(short(planned)).toEqual(['base: bake never-baked on 01', 'mid: bake never-baked on base']);
    expect(planned.plan.warnings).toEqual([
      {
        code: 'parent-marked-bad',
        message: 'base is baked again, since base 2026.11.19.1 is marked bad: the disk fills up',
      },
    ]);
  });

  test('what stands on a bad image is neither reused nor a parent', () => {
    const bad = { ...BASE, ...DISK };
    const mid = { ...MID, parentImageId: BASE.imageId };
    const planned = useExisting({ images: ['app'] }, [bad, mid]);
    expect(short(planned)).toEqual([
      'base: bake image-missing on 01',
      'mid: bake image-missing on base',
      'app: bake never-baked on mid',
    ]);
    expect(explainPlan(planned.plan)).toContain(
      `${MID.imageId} stands on base 2026.11.19.1, which is marked bad: the disk fills up`,
    );
    expect(explainPlan(planned.plan)).toContain(`${BASE.imageId} is marked bad: the disk fills up`);
    // Baked again from the same inputs, they are as good as any.
    const again = { ...BASE, imageId: amiId(70) };
    const newMid = { ...MID, imageId: amiId(71), parentImageId: again.imageId };
    expect(short(useExisting({ images: ['mid'] }, [bad, mid, again, newMid]))).toEqual(['mid: reuse 47 on 46']);
  });

  test('one warning, however many children', () => {
    const children = [base('base', { layers: ['os'] }), service('a', 'base'), service('b', 'base')];
    const asked = { config: config(children, [OS, APP]), images: ['a', 'b'] };
    expect(useExisting(asked, [OLD_BASE]).plan.warnings).toHaveLength(1);
  });
});

describe('what may be reused', () => {
  const reused = (images: readonly KnownImage[]) =>
    stepsOf(planBake(request({ images: ['base'] }), world(images)))['base/x86_64'];

  test.each<[string, Partial<KnownImage>]>([
    ['pending', { state: 'pending' }],
    ['disabled', { state: 'disabled' }],
    ['failed', { state: 'failed' }],
    ['marked bad', { markedBad: true }],
  ])('not one that is %s', (_, flaw) => {
    expect(reused([{ ...BASE, ...flaw }])).toMatchObject({ action: 'bake', reason: { why: 'image-missing' } });
  });

  test('not one that was never finished', () => {
    const { fingerprint: _, ...unfinished } = BASE;
    expect(reused([unfinished])).toMatchObject({ action: 'bake', reason: { why: 'never-baked' } });
  });

  test('not one of the other architecture', () => {
    expect(reused([{ ...BASE, architecture: 'arm64' }])).toMatchObject({ action: 'bake' });
  });

  test('the newest by date, whatever its version says', () => {
    const older = { ...BASE, imageId: amiId(50), createdAt: '2026-11-01T00:00:00.000Z', version: '9.9.9' as never };
    expect(reused([older, BASE])).toMatchObject({ action: 'reuse', imageId: BASE.imageId });
    expect(reused([BASE, older])).toMatchObject({ action: 'reuse', imageId: BASE.imageId });
  });
});

describe('reasons', () => {
  const plan = (images: readonly KnownImage[], other: Partial<World> = {}) =>
    stepsOf(planBake(request(), world(images, other)));
  const reasonOf = (step: PlanStep | undefined) => (step as BakeStep).reason;

  test('name what changed by group, from the tag of the last image', () => {
    expect(reasonOf(plan([OLD_BASE])['base/x86_64'])).toEqual({
      why: 'inputs-changed',
      since: '2026.11.19.1',
      changes: [{ input: 'layer/os', change: 'changed' }],
    });
  });

  test('name what changed by file, where its record is at hand', () => {
    const { 'layer/os/files/etc/motd': _, ...before } =
      planBake(request(), world()).inputs.get(nodeId(imageName('base'), 'x86_64')) ?? {};
    const inputsOfImage = new Map([[OLD_BASE.imageId as string, before]]);
    expect(reasonOf(plan([OLD_BASE], { inputsOfImage })['base/x86_64'])).toMatchObject({
      changes: [{ input: 'layer/os/files/etc/motd', change: 'added' }],
    });
  });

  test('are against the newest usable image', () => {
    const bad = { ...OLD_BASE, imageId: amiId(60), createdAt: '2027-01-01T00:00:00.000Z', markedBad: true };
    const newer = { ...bad, imageId: amiId(61), markedBad: false, version: '2026.11.19.2' as never };
    expect(reasonOf(plan([OLD_BASE, bad, newer])['base/x86_64'])).toMatchObject({ since: '2026.11.19.2' });
    expect(reasonOf(plan([OLD_BASE, bad])['base/x86_64'])).toMatchObject({ since: '2026.11.19.1' });
  });

  test('say when only the source AMI is another', () => {
    const images = IMAGES.slice(0, 1);
    const sourceAmis = new Map(
      [...sourceAmisOf(images)].map(([id]) => [id, { ...sourceAmi('x86_64'), imageId: amiId(77) }]),
    );
    const changed = stepsOf(planBake(request({ images: ['base'] }), world([BASE], { sourceAmis })));
    expect(reasonOf(changed['base/x86_64'])).toEqual({
      why: 'parent-changed',
      parent: 'the source AMI',
      from: 'debian-12-old',
    });
  });

  test('say when an image is missing: by its state, that it is bad, or by its record', () => {
    const disabled: KnownImage = { ...BASE, state: 'disabled' };
    expect(reasonOf(plan([disabled])['base/x86_64'])).toMatchObject({ detail: `${BASE.imageId} is disabled` });
    expect(reasonOf(plan([{ ...disabled, markedBad: true }])['base/x86_64'])).toMatchObject({
      detail: `${BASE.imageId} is marked bad`,
    });
    const bakedBefore = new Map([[BASE.fingerprint ?? fingerprint(''), { imageId: 'ami-gone', version: '7' }]]);
    expect(reasonOf(plan([OLD_BASE], { bakedBefore })['base/x86_64'])).toEqual({
      why: 'image-missing',
      version: '7',
      detail: 'ami-gone is not there any more',
    });
  });

  test('without record or tag of groups still say since when', () => {
    const { inputGroups: _, ...bare } = OLD_BASE;
    expect(reasonOf(plan([bare])['base/x86_64'])).toEqual({
      why: 'inputs-changed',
      since: '2026.11.19.1',
      changes: [],
    });
  });
});

describe('refresh', () => {
  const refreshed = (refresh: Image['refresh']) => {
    const images = [base('base', { layers: ['os'], ...(refresh ? { refresh } : {}) }), ...IMAGES.slice(1)];
    return config(images, [OS, APP]);
  };
  const day = (date: number) => epochsAt(new Date(Date.UTC(2026, 10, date, 23, 59)));
  const DAILY = { config: refreshed('daily') };
  /** AMIs as a run of that day leaves them. */
  const bakedOn = (date: number, asked: Asked = DAILY): KnownImage[] => {
    const { plan, inputs } = planBake(request({ epochs: day(date), ...asked }), world());
    return plan.steps.map((step, index) =>
      known(step.image, date + index, {
        fingerprint: step.fingerprint,
        inputGroups: inputGroups(inputs.get(step.id) ?? {}),
        ...(step.parent.kind === 'this-run' ? { parent: `${step.parent.image}/2026.11.19.1` } : {}),
      }),
    );
  };
  const on = (date: number, images: readonly KnownImage[], asked: Asked = DAILY) =>
    planBake(request({ epochs: day(date), ...asked }), world(images));

  test('is due the next day and not before, and what stands on the image follows', () => {
    const images = bakedOn(19);
    expect(short(on(19, images))).toEqual(['base: reuse 13 on 01', 'mid: reuse 14 on 13', 'app: reuse 15 on 14']);
    const next = on(20, images);
    expect(short(next)).toEqual([
      'base: bake refreshed on 01',
      'mid: bake parent-changed on base',
      'app: bake parent-changed on mid',
    ]);
    expect(stepsOf(next)['base/x86_64']).toMatchObject({ reason: { why: 'refreshed', epoch: '2026-11-20' } });
    expect(on(20, [...images, ...bakedOn(20)]).plan.steps.every(({ action }) => action === 'reuse')).toBe(true);
  });

  test('is once a week where it is weekly', () => {
    const weekly = { config: refreshed('weekly') };
    const images = bakedOn(16, weekly);
    for (const date of [17, 22]) expect(short(on(date, images, weekly))[0]).toBe('base: reuse 10 on 01');
    expect(stepsOf(on(23, images, weekly))['base/x86_64']).toMatchObject({ reason: { epoch: '2026-W48' } });
  });

  test('is not the reason where something else has changed as well', () => {
    const images = bakedOn(19, { config: { ...DAILY.config, layers: config([], OLD).layers } });
    expect(stepsOf(on(20, images))['base/x86_64']).toMatchObject({
      reason: {
        why: 'inputs-changed',
        changes: [
          { input: 'layer/os', change: 'changed' },
          { input: 'refresh', change: 'changed' },
        ],
      },
    });
  });

  test('does not hide that the source AMI is another', () => {
    const sourceAmis = new Map([[nodeId(imageName('base'), 'x86_64'), { ...sourceAmi('x86_64'), imageId: amiId(77) }]]);
    const asked = request({ epochs: day(20), ...DAILY, images: ['base'] });
    expect(stepsOf(planBake(asked, world(bakedOn(19), { sourceAmis })))['base/x86_64']).toMatchObject({
      reason: { why: 'parent-changed' },
    });
  });

  test('that is new or given up is a changed input', () => {
    const without = bakedOn(19, {});
    expect(stepsOf(on(19, without))['base/x86_64']).toMatchObject({
      reason: { why: 'inputs-changed', changes: [{ input: 'refresh', change: 'added' }] },
    });
    expect(stepsOf(on(19, bakedOn(19), {}))['base/x86_64']).toMatchObject({
      reason: { why: 'inputs-changed', changes: [{ input: 'refresh', change: 'removed' }] },
    });
  });

  test('of a parent that is not baked first is said of it', () => {
    const asked = { ...DAILY, parents: 'use-existing' } as const;
    const { plan } = on(20, bakedOn(19).slice(0, 1), { ...asked, images: ['mid'] });
    expect(plan.warnings).toEqual([
      {
        code: 'parent-out-of-date',
        message: `base 2026.11.19.1 (${amiId(19)}) is used as the parent although base is due to be refreshed`,
        hint: 'bake base base, or add --with-parents',
      },
    ]);
  });
});

describe('force', () => {
  const forced = planBake(request({ images: ['base'], force: true }), world(upToDate));

  test("leaves an image's own fingerprint and changes its children's", () => {
    const step = stepsOf(forced)['base/x86_64'];
    expect(step).toMatchObject({ fingerprint: BASE.fingerprint, nonce: 'run-2' });
    const fresh = { ...BASE, imageId: amiId(40), createdAt: '2027-01-01T00:00:00.000Z', nonce: 'run-2' };
    expect(short(planBake(request(), world([...upToDate, fresh])))).toEqual([
      'base: reuse 28 on 01',
      'mid: bake parent-changed on 28',
      'app: bake parent-changed on mid',
    ]);
  });

  test('of a parent in the same run is what its child is made for', () => {
    const both = planBake(request({ images: ['base', 'mid'], force: true }), world(upToDate));
    const built = stepsOf(both)['mid/x86_64']?.fingerprint;
    const fresh = { ...BASE, imageId: amiId(40), createdAt: '2027-01-01T00:00:00.000Z', nonce: 'run-2' };
    const later = stepsOf(planBake(request({ images: ['mid'] }), world([fresh])))['mid/x86_64']?.fingerprint;
    expect(built).toBe(later);
  });
});

describe('architectures', () => {
  const both = { architectures: ['x86_64', 'arm64'] } as const;
  const images = [base('base', both), service('api', 'base', both)];
  const ids = (asked: Asked, sourceAmis = sourceAmisOf(images)) =>
    planBake(request({ config: config(images), images: ['api'], ...asked }), world([], { sourceAmis })).plan.steps.map(
      ({ id, parent }) => [id, parent.kind === 'source' ? parent.imageId : parent.image],
    );

  test('each stands on its own parent', () => {
    expect(ids({})).toEqual([
      ['base/x86_64', amiId(1)],
      ['api/x86_64', 'base'],
      ['base/arm64', amiId(2)],
      ['api/arm64', 'base'],
    ]);
  });

  test('only those asked for', () => {
    expect(ids({ architectures: ['arm64'] })).toEqual([
      ['base/arm64', amiId(2)],
      ['api/arm64', 'base'],
    ]);
  });

  test('their fingerprints differ', () => {
    const { plan } = planBake(
      request({ config: config(images), images: ['api'] }),
      world([], { sourceAmis: sourceAmisOf(images) }),
    );
    expect(new Set(plan.steps.map((step) => step.fingerprint)).size).toBe(4);
  });
});

describe('properties', () => {
  /** A forest: image n has a parent among those before it, or none. */
  const forests = fc
    .array(fc.option(fc.nat(), { nil: undefined, freq: 4 }), { minLength: 1, maxLength: 12 })
    .map((parents): Image[] =>
      parents.map((parent, n) =>
        parent === undefined || n === 0 ? base(`i${n}`) : service(`i${n}`, `i${parent % n}`),
      ),
    );

  test('parents come before children, each once, whatever is asked for in which order', () => {
    fc.assert(
      fc.property(
        forests.chain((images) => fc.tuple(fc.constant(images), fc.shuffledSubarray(images, { minLength: 1 }))),
        fc.constantFrom('bake' as const, 'use-existing' as const),
        ([images, asked], parents) => {
          const names = asked.map(({ name }) => name as string);
          const planned = planBake(
            request({ config: config(images), images: names, parents }),
            world([], { sourceAmis: sourceAmisOf(images) }),
          );
          const order = planned.plan.steps.map(({ image }) => image);
          expect(new Set(order).size).toBe(order.length);
          for (const name of names) expect(order).toContain(name);
          for (const [at, step] of planned.plan.steps.entries()) {
            if (step.parent.kind === 'this-run') expect(order.slice(0, at)).toContain(step.parent.image);
            expect(fingerprintOf(planned.inputs.get(step.id) ?? {})).toBe(step.fingerprint);
          }
        },
      ),
    );
  });

  test('baking what is planned leaves nothing to bake', () => {
    fc.assert(
      fc.property(forests, (images) => {
        const names = images.map(({ name }) => name as string);
        const asked = request({ config: config(images), images: names });
        const sourceAmis = sourceAmisOf(images);
        const { plan } = planBake(asked, world([], { sourceAmis }));
        const made = plan.steps.map((step, n) => known(step.image, n + 1, { fingerprint: step.fingerprint }));
        const again = planBake(asked, world(made, { sourceAmis }));
        expect(again.plan.steps.every(({ action }) => action === 'reuse')).toBe(true);
      }),
    );
  });
});

test('a thousand images: one step each, on one shared lineage', () => {
  const children = Array.from({ length: 999 }, (_, n) => service(`s${n}`, 'base', { layers: ['app'] }));
  const images = [base('base', { layers: ['os'] }), ...children];
  const names = images.map(({ name }) => name as string);
  const { plan }: { plan: BakePlan } = planBake(
    request({ config: config(images, [OS, APP]), images: names }),
    world([], { sourceAmis: sourceAmisOf(images) }),
  );
  expect(plan.steps).toHaveLength(1000);
  expect(new Set(plan.steps.map(({ id }) => id)).size).toBe(1000);
  expect(plan.steps.slice(1).every(({ parent }) => parent.kind === 'this-run')).toBe(true);
});

describe('as text', () => {
  test('never baked', () => {
    expect(explainPlan(planBake(request(), world()).plan)).toMatchInlineSnapshot(`
      "+ base/x86_64  bake: never baked
          on top of debian-12-x86_64-20261101 (ami-00000000000000001)
      + mid/x86_64  bake: never baked
          on top of base, baked first
      + app/x86_64  bake: never baked
          on top of mid, baked first

      3 to bake, 0 to reuse in eu-central-1"
    `);
  });

  test('changes, a parent that is out of date', () => {
    const planned = planBake(
      request({ images: ['mid', 'app'], parents: 'use-existing' }),
      world([OLD_BASE, OLD_MID, OLD_TOP]),
    );
    expect(explainPlan(planned.plan)).toMatchInlineSnapshot(`
      "+ mid/x86_64  bake: inputs-changed since 2026.11.19.1
          changed layer/app
          on top of base 2026.11.19.1 (ami-00000000000000001)
      + app/x86_64  bake: parent-changed: mid (was mid/2026.11.19.1)
          on top of mid, baked first

      2 to bake, 0 to reuse in eu-central-1
      warning: base 2026.11.19.1 (ami-00000000000000001) is used as the parent although base has changed since
        → bake base base, or add --with-parents"
    `);
  });

  test('reused, missing and forced', () => {
    const images: KnownImage[] = [BASE, { ...MID, state: 'disabled' }, TOP];
    expect(explainPlan(planBake(request({ force: true }), world(images)).plan)).toMatchInlineSnapshot(`
      "= base/x86_64  reuse 2026.11.19.1 (ami-0000000000000000b)
      + mid/x86_64  bake: image-missing: 2026.11.19.1 was baked from the same inputs, but ami-0000000000000000c is disabled
          on top of base 2026.11.19.1 (ami-0000000000000000b)
      + app/x86_64  bake: forced
          on top of mid, baked first

      2 to bake, 1 to reuse in eu-central-1"
    `);
  });

  test('many changes are cut short', () => {
    const changes = Array.from({ length: 14 }, (_, n) => ({ input: `layer/os/files/${n}`, change: 'added' as const }));
    const [step] = planBake(request({ images: ['base'] }), world()).plan.steps as [BakeStep];
    const reason = { why: 'inputs-changed', since: '1' as never, changes } as const;
    const { plan } = planBake(request(), world());
    expect(explainPlan({ ...plan, steps: [{ ...step, reason }] })).toMatchInlineSnapshot(`
      "+ base/x86_64  bake: inputs-changed since 1
          added layer/os/files/0
          added layer/os/files/1
          added layer/os/files/2
          added layer/os/files/3
          added layer/os/files/4
          added layer/os/files/5
          added layer/os/files/6
          added layer/os/files/7
          added layer/os/files/8
          added layer/os/files/9
          added layer/os/files/10
          added layer/os/files/11
          and 2 more
          on top of debian-12-x86_64-20261101 (ami-00000000000000001)

      1 to bake, 0 to reuse in eu-central-1"
    `);
  });
});
