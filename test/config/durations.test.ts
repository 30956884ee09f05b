import { expect, test } from 'vitest';
import { parseDuration } from '../../src/config/durations.ts';

test.each([
  ['90s', 90],
  ['5m', 300],
  ['24h', 86_400],
  [1, 1],
  ['25h', undefined],
  ['0s', undefined],
  ['1.5h', undefined],
  ['5', undefined],
  ['5 m', undefined],
  ['-5m', undefined],
  ['', undefined],
  [1.5, undefined],
  [Number.NaN, undefined],
])('%j is %j seconds', (written, seconds) => {
  expect(parseDuration(written)).toBe(seconds);
});
