import { expect, test } from 'vitest';
import { badAncestors, descendants, isSound } from '../../src/plan/bad-ancestors.ts';
import { amiId, fingerprint, known } from '../helpers/builders.ts';

// base 1 ── api 2 ── web 3
//        └─ job 4          base 5 ── api 6
const BAD = { markedBad: true, bad: { reason: 'the disk fills up' } };
const IMAGES = [
  known('base', 1, BAD),
  known('api', 2, { parentImageId: amiId(1), ...BAD }),
  known('web', 3, { parentImageId: amiId(2) }),
  known('job', 4, { parentImageId: amiId(1) }),
  known('base', 5, { version: '2026.11.19.2' }),
  known('api', 6, { version: '2026.11.19.2', parentImageId: amiId(5) }),
  // Its parent is gone.
  known('web', 7, { parentImageId: amiId(99) }),
];
const numbered = (images: readonly { readonly imageId: string }[]) =>
  images.map(({ imageId }) => Number.parseInt(imageId.slice(4), 16));
const image = (n: number) => IMAGES[n - 1] as (typeof IMAGES)[0];

test.each([
  [1, []],
  [2, [1]],
  [3, [2, 1]],
  [4, [1]],
  [6, []],
  [7, []],
])('bad ancestors of %d are %j', (n, bad) => expect(numbered(badAncestors(image(n), IMAGES))).toEqual(bad));

test.each([
  [[1], [4, 3, 2]],
  [[2], [3]],
  [[5], [6]],
  [
    [1, 5],
    [6, 4, 3, 2],
  ],
  [[3], []],
])('what was baked on %j is %j', (of, found) => expect(numbered(descendants(of.map(image), IMAGES))).toEqual(found));

test('a lineage in a circle, which tags by hand may make, ends', () => {
  const circle = [
    known('a', 1, { parentImageId: amiId(2), ...BAD }),
    known('b', 2, { parentImageId: amiId(1), ...BAD }),
  ];
  expect(numbered(badAncestors(circle[0] as (typeof circle)[0], circle))).toEqual([2]);
  expect(numbered(descendants(circle.slice(0, 1), circle))).toEqual([2]);
});

test.each([
  [1, false],
  [4, false],
  [6, true],
])('%d is sound: %j', (n, sound) => {
  const published = IMAGES.map((one) => ({ ...one, fingerprint: fingerprint('any') }));
  expect(isSound({ ...image(n), fingerprint: fingerprint('any') }, published)).toBe(sound);
});
