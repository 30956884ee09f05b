import { describe, expect, test } from 'vitest';
import type { ChangeChain } from '../../src/model/comparison.ts';
import type { Image, Layer } from '../../src/model/image.ts';
import type { KnownImage } from '../../src/model/known-image.ts';
import { newestFirst } from '../../src/model/known-image.ts';
import type { BakeRecord } from '../../src/model/record.ts';
import { inputGroups } from '../../src/plan/fingerprint.ts';
import { type PlanRequest, planBake } from '../../src/plan/plan-bake.ts';
import { epochsAt } from '../../src/plan/refresh.ts';
import { whyBaked, whyNext } from '../../src/plan/why.ts';
import {
  amiId,
  base,
  config,
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
const OTHER_OS = layer('os', { files: [layerFile('/etc/motd', { digest: sha256('other') }), layerFile('/etc/issue')] });

/** base ── mid ── app, a day's bakes at a time: what exists, with the records of it all. */
class Project {
  images: readonly KnownImage[] = [];
  readonly records = new Map<string, BakeRecord>();
  layers: readonly Layer[] = [OS, APP];
  refresh: Image['refresh'];
  source = sourceAmi('x86_64');
  private made = 10;

  private get config() {
    const refresh = this.refresh === undefined ? {} : { refresh: this.refresh };
    const images = [
      base('base', { layers: ['os'], ...refresh }),
      service('mid', 'base'),
      service('app', 'mid', { layers: ['app'] }),
    ];
    return config(images, this.layers);
  }

  plan(day: number, asked: Partial<PlanRequest> = {}) {
    const epochs = epochsAt(new Date(Date.UTC(2026, 10, day)));
    const request = {
      config: this.config,
      images: [imageName('app')],
      parents: 'bake',
      force: false,
      nonce: `forced-${day}`,
    } as const;
    const sourceAmis = new Map([...sourceAmisOf([...this.config.images.values()])].map(([id]) => [id, this.source]));
    const inputsOfImage = new Map([...this.records].map(([id, { inputs }]) => [id, inputs]));
    const world = { images: this.images, sourceAmis, templates: {}, inputsOfImage, bakedBefore: new Map() };
    const planned = planBake({ ...request, epochs, ...asked }, world);
    return { planned, sourceAmis, epochs, config: this.config, images: this.images };
  }

  /** Bakes what a plan of that day bakes, and says nothing of it. */
  bake(day: number, asked: Partial<PlanRequest> = {}): this {
    const { planned, epochs } = this.plan(day, asked);
    for (const step of planned.plan.steps) {
      if (step.action === 'reuse') continue;
      const number = this.made++;
      const inputs = planned.inputs.get(step.id) ?? {};
      const parent = this.images.find(({ image }) => step.parent.kind === 'this-run' && image === step.parent.image);
      const existing =
        step.parent.kind === 'existing'
          ? this.images.find(({ imageId }) => step.parent.kind === 'existing' && imageId === step.parent.imageId)
          : parent;
      const ami = known(step.image, number, {
        version: `2026.11.${day}.1`,
        createdAt: new Date(Date.UTC(2026, 10, day, 1, number)).toISOString(),
        fingerprint: step.fingerprint,
        inputGroups: inputGroups(inputs),
        sourceName: this.source.name,
        ...(step.nonce === undefined ? {} : { nonce: step.nonce }),
        ...(existing === undefined
          ? {}
          : { parent: `${existing.image}/${existing.version}`, parentImageId: existing.imageId }),
      });
      this.images = [...this.images, ami].sort(newestFirst);
      const refresh = step.image === 'base' && this.refresh ? epochs[this.refresh] : null;
      this.records.set(ami.imageId, { version: 1, inputs, imageVersion: ami.version, refresh });
    }
    return this;
  }

  forget(image: string): this {
    for (const one of this.images) if (one.image === image) this.records.delete(one.imageId);
    return this;
  }

  why(day: number, image = 'app') {
    const wanted = this.plan(day);
    const step = wanted.planned.plan.steps.find((one) => one.image === image);
    if (step === undefined) throw new Error(`${image} is not planned`);
    return whyNext(step, wanted, this.records);
  }

  version(version: string, image = 'app') {
    const found = this.images.find((one) => one.image === image && one.version === version);
    if (found === undefined) throw new Error(`there is no ${image} ${version}`);
    return whyBaked(found, this.images, this.records);
  }
}

/** `app 2026.11.19.1 → new: changed parent base 1 → base 2`. */
const short = (chain: ChangeChain) =>
  chain.map(({ id, from, to, changes, detail, forced }) => {
    const what = changes.map(
      ({ change, input, from, to }) => `${change} ${input}${(from ?? to) ? ` ${from} → ${to}` : ''}`,
    );
    const head = `${id.split('/')[0]} ${from.version} → ${to.version ?? 'new'}`;
    return [head, ...(detail === 'inputs' ? [] : [detail]), ...(forced ? ['forced'] : []), ...what].join(', ');
  });

test('what was never baked has nothing to be compared with', () => {
  const { verdict, chain } = new Project().why(20);
  expect(verdict).toEqual({ kind: 'to-be-baked', reason: { why: 'never-baked' } });
  expect(chain).toEqual([]);
});

test('a changed file of the base is found from the grandchild', () => {
  const project = new Project().bake(19);
  project.layers = [OTHER_OS, APP];
  const { verdict, chain } = project.why(20);
  expect(verdict).toMatchObject({ kind: 'to-be-baked', reason: { why: 'parent-changed', parent: 'mid' } });
  expect(short(chain)).toEqual([
    'app 2026.11.19.1 → new, changed parent mid 2026.11.19.1 → mid (to be baked)',
    'mid 2026.11.19.1 → new, changed parent base 2026.11.19.1 → base (to be baked)',
    'base 2026.11.19.1 → new, added layer/os/files/etc/issue, changed layer/os/files/etc/motd',
  ]);
});

test('the chain ends where nothing came from above', () => {
  const project = new Project().bake(19);
  project.layers = [OS, layer('app')];
  expect(short(project.why(20).chain)).toEqual(['app 2026.11.19.1 → new, removed layer/app/files/etc/app.conf']);
});

test('a refresh that is due is the root cause, with its days', () => {
  const project = new Project();
  project.refresh = 'daily';
  expect(short(project.bake(19).why(20).chain).at(-1)).toBe(
    'base 2026.11.19.1 → new, changed refresh 2026-11-19 → 2026-11-20',
  );
});

test('another source AMI is named', () => {
  const project = new Project().bake(19);
  project.source = { ...project.source, imageId: amiId(77), name: 'debian-12-newer' };
  expect(short(project.why(20).chain).at(-1)).toBe(
    'base 2026.11.19.1 → new, changed source-ami debian-12-x86_64-20261101 → debian-12-newer',
  );
});

test('a parent that is there already, baked after its child, is compared by its version', () => {
  const project = new Project().bake(19);
  project.layers = [OTHER_OS, APP];
  project.bake(20, { images: [imageName('base')] });
  expect(short(project.why(20).chain)).toEqual([
    'app 2026.11.19.1 → new, changed parent mid 2026.11.19.1 → mid (to be baked)',
    'mid 2026.11.19.1 → new, changed parent base 2026.11.19.1 → base 2026.11.20.1',
    'base 2026.11.19.1 → 2026.11.20.1, added layer/os/files/etc/issue, changed layer/os/files/etc/motd',
  ]);
});

describe('what is up to date', () => {
  const project = new Project().bake(18);
  project.layers = [OTHER_OS, APP];
  project.bake(19);

  test('says since when, and why that version was baked', () => {
    const { verdict, chain } = project.why(20);
    expect(verdict).toMatchObject({
      kind: 'up-to-date',
      version: '2026.11.19.1',
      since: expect.stringMatching(/^2026-11-19T/),
    });
    expect(short(chain)).toEqual([
      'app 2026.11.18.1 → 2026.11.19.1, changed parent mid 2026.11.18.1 → mid 2026.11.19.1',
      'mid 2026.11.18.1 → 2026.11.19.1, changed parent base 2026.11.18.1 → base 2026.11.19.1',
      'base 2026.11.18.1 → 2026.11.19.1, added layer/os/files/etc/issue, changed layer/os/files/etc/motd',
    ]);
  });

  test('and so does each version that there is', () => {
    expect(project.version('2026.11.19.1').chain).toEqual(project.why(20).chain);
    expect(project.version('2026.11.18.1')).toMatchObject({
      verdict: { kind: 'baked', version: '2026.11.18.1' },
      chain: [],
    });
  });
});

test('a forced bake is said to be one, and its children follow it', () => {
  const project = new Project()
    .bake(18)
    .bake(19, { images: [imageName('mid')], force: true })
    .bake(20);
  expect(short(project.version('2026.11.20.1').chain)).toEqual([
    'app 2026.11.18.1 → 2026.11.20.1, changed parent mid 2026.11.18.1 → mid 2026.11.19.1',
    'mid 2026.11.18.1 → 2026.11.19.1, forced',
  ]);
});

describe('without records', () => {
  test('of the last version, groups of inputs are named', () => {
    const project = new Project().bake(19).forget('base');
    project.layers = [OTHER_OS, APP];
    expect(short(project.why(20).chain).at(-1)).toBe('base 2026.11.19.1 → new, groups, changed layer/os');
  });

  test('of one of two versions, what is added and removed stays the right way round', () => {
    const project = new Project().bake(18);
    project.refresh = 'weekly';
    project.bake(19);
    const [later, first] = project.images.filter(({ image }) => image === 'base').map(({ imageId }) => imageId);
    const found = (...gone: readonly (string | undefined)[]) => {
      const records = new Map([...project.records].filter(([id]) => !gone.includes(id)));
      const ami = project.images.find(({ imageId }) => imageId === later);
      return short(whyBaked(ami as KnownImage, project.images, records).chain);
    };
    expect(found()).toEqual(['base 2026.11.18.1 → 2026.11.19.1, added refresh undefined → 2026-W47']);
    expect(found(first)).toEqual(['base 2026.11.18.1 → 2026.11.19.1, groups, added refresh undefined → 2026-W47']);
    expect(found(later)).toEqual(['base 2026.11.18.1 → 2026.11.19.1, groups, added refresh']);
    expect(found(first, later)).toEqual(['base 2026.11.18.1 → 2026.11.19.1, groups, added refresh']);
  });

  test('layers are not guessed where one tag has no room to tell them apart', () => {
    const project = new Project().bake(18);
    const [app] = project.images.filter(({ image }) => image === 'app');
    const coarse = (app?.inputGroups ?? '').replace(/layer\/app=\w+ /, '').replace(/layers=\w+/, 'layers=00000000');
    const before = { ...(app as KnownImage), inputGroups: coarse };
    const after = known('app', 70, {
      ...(app as KnownImage),
      imageId: amiId(70),
      version: '2',
      createdAt: '2026-12-01T00:00:00.000Z',
    });
    const { chain } = whyBaked(after, [after, before], new Map());
    expect(chain).toMatchObject([{ detail: 'groups', changes: [], unknown: ['layers'] }]);
  });

  test('or tags nothing is known, and that is said', () => {
    const project = new Project().bake(18);
    const [{ inputGroups: _, ...app }] = project.images.filter(({ image }) => image === 'app') as [KnownImage];
    const after = known('app', 70, { ...app, imageId: amiId(70), version: '2', createdAt: '2026-12-01T00:00:00.000Z' });
    expect(whyBaked(after, [after, app], new Map()).chain).toMatchObject([{ detail: 'none', changes: [] }]);
  });
});

test('of a parent that is gone, the child still knows the version', () => {
  const project = new Project().bake(19);
  project.layers = [OTHER_OS, APP];
  project.images = project.images.filter(({ image }) => image !== 'base');
  expect(short(project.why(20, 'mid').chain)).toEqual([
    'mid 2026.11.19.1 → new, changed parent base 2026.11.19.1 → base (to be baked)',
    'base 2026.11.19.1 → new, none',
  ]);
});

test('a bad version is said to be bad, and that nothing else changed', () => {
  const project = new Project().bake(19);
  project.images = project.images.map((one) => (one.image === 'app' ? { ...one, markedBad: true } : one));
  const { verdict, chain } = project.why(20);
  expect(verdict).toMatchObject({ reason: { why: 'image-missing' } });
  expect(chain).toMatchObject([{ changes: [], from: { unusable: 'marked bad' } }]);
});

test('tags that name one another as parents end it', () => {
  const project = new Project().bake(18);
  project.layers = [OTHER_OS, APP];
  project.bake(19);
  const [top] = project.images;
  project.images = project.images.map((one) =>
    one.image === 'base' ? ({ ...one, parent: 'app/1', parentImageId: top?.imageId } as KnownImage) : one,
  );
  expect(project.version('2026.11.19.1').chain.map(({ id }) => id)).toEqual([
    'app/x86_64',
    'mid/x86_64',
    'base/x86_64',
  ]);
});
