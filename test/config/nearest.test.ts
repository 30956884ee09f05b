import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../src/config/nearest.ts';

test.each([
  ['bsae', ['api', 'base'], 'base'],
  ['Base', ['api', 'base'], 'base'],
  ['parnt', ['parent', 'layers'], 'parent'],
  ['debain:12', ['debian:12', 'debian:13'], 'debian:12'],
  ['worker', ['api', 'base'], undefined],
  ['x', ['y', 'zz'], 'y'],
  ['api', ['api'], undefined],
  ['', ['abc'], undefined],
])('%j among %j means %j', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected);
});

test('the distance is 0 to itself, the same in both directions, and never more than the longer length', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      if (a !== b) expect(editDistance(a, b)).toBeGreaterThan(0);
    }),
  );
});

test('one edit is one edit', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string({ minLength: 1, maxLength: 1 }), (head, tail, extra) => {
      expect(editDistance(head + tail, head + extra + tail)).toBe(1);
    }),
  );
});
