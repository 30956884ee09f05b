import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/model/region-manifest.ts';
import { comesBack, contentDigest, nextManifest, planPush, type WantedObject } from '../../src/plan/region-config.ts';
import { changedValues } from '../../src/plan/region-values.ts';
import { NOW, sha256 } from '../helpers/builders.ts';

const wanted = (name: string, text = name): WantedObject => ({
  name,
  key: `api/${name}`,
  sha256: sha256(text),
  size: text.length,
});
const pinned = (name: string, text = name) => ({ ...wanted(name, text), versionId: `v-${text}` });
const manifest = (serial: number, ...objects: readonly ReturnType<typeof pinned>[]): Manifest =>
  nextManifest({ image: 'api', after: serial - 1, now: NOW, objects });

describe('a push', () => {
  test('to nothing adds all', () => {
    const plan = planPush([wanted('a'), wanted('b')], undefined);
    expect(plan.changes).toEqual([
      { name: 'a', change: 'added', to: 1 },
      { name: 'b', change: 'added', to: 1 },
    ]);
    expect([plan.uploads.length, plan.kept.length]).toEqual([2, 0]);
  });

  test('uploads what changed alone, keeps the versions of the rest, and leaves out what is gone', () => {
    const plan = planPush([wanted('a'), wanted('b', 'bb')], manifest(1, pinned('a'), pinned('b'), pinned('c')));
    expect(plan.changes).toEqual([
      { name: 'b', change: 'changed', from: 1, to: 2 },
      { name: 'c', change: 'removed', from: 1 },
    ]);
    expect(plan.uploads).toEqual([wanted('b', 'bb')]);
    expect(plan.kept).toEqual([pinned('a')]);
  });

  test('uploads again what cannot be left as it is', () => {
    const plan = planPush([wanted('a'), wanted('b')], manifest(1, pinned('a'), pinned('b')), new Set(['a']));
    expect(plan.changes).toEqual([{ name: 'a', change: 'repaired', to: 1 }]);
    expect(plan.uploads).toEqual([wanted('a')]);
  });

  test('of the same changes nothing', () =>
    expect(planPush([wanted('a')], manifest(1, pinned('a')))).toEqual({
      changes: [],
      uploads: [],
      kept: [pinned('a')],
    }));

  test('leads to what is wanted, from whatever there is', () => {
    const objects = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'yy')), {
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(objects, objects, (before, after) => {
        const want = after.map(([name, text]) => wanted(name, text));
        const { kept, uploads } = planPush(want, manifest(3, ...before.map(([name, text]) => pinned(name, text))));
        expect(contentDigest([...kept, ...uploads])).toBe(contentDigest(want));
      }),
    );
  });
});

describe('manifests', () => {
  test('count up, and are sorted by name', () => {
    const next = nextManifest({ image: 'api', after: 6, now: NOW, objects: [pinned('b'), pinned('a')], rollbackOf: 4 });
    expect(next).toMatchObject({ serial: 7, rollbackOf: 4, created: '2026-11-20T12:00:00.000Z' });
    expect(next.objects.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('have a digest that a loader can compute: sha256 of canonical JSON', () => {
    const digest = sha256(`[["a","${sha256('a')}"],["b","${sha256('b')}"]]`);
    expect(contentDigest([wanted('b'), wanted('a')])).toBe(digest);
  });

  test.each<[string, Manifest, Manifest | undefined, number | undefined, boolean]>([
    ['other content', manifest(1, pinned('a', 'x')), manifest(2, pinned('a')), undefined, true],
    ['the same content', manifest(1, pinned('a')), manifest(2, pinned('a')), undefined, false],
    ['the serial asked for, whatever its content', manifest(1, pinned('a')), manifest(2, pinned('a')), 1, true],
    ['another serial', manifest(1, pinned('a', 'x')), manifest(3, pinned('a')), 2, false],
    ['what is there now', manifest(2, pinned('a')), manifest(2, pinned('a')), 2, false],
    ['anything, after a deletion', manifest(1, pinned('a')), undefined, undefined, true],
  ])('%s', (_, older, current, to, expected) => expect(comesBack(older, current, to)).toBe(expected));
});

test('values are compared path by path', () => {
  const before = { database: { host: 'a', port: 1 }, flags: ['x', 'y'], gone: null };
  const after = { database: { host: 'b', port: 1 }, flags: ['x'], added: true };
  expect(changedValues(before, after)).toEqual([
    { path: 'added', to: true },
    { path: 'database.host', from: 'a', to: 'b' },
    { path: 'flags.1', from: 'y' },
    { path: 'gone', from: null },
  ]);
});
