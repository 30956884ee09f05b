import { expect, test } from 'vitest';
import { parseAge, parseDays, parseDuration } from '../../src/config/durations.ts';

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

test.each([
  ['1d', 1],
  ['3650d', 3650],
  ['3651d', undefined],
  ['0d', undefined],
  ['12h', undefined],
  ['d', undefined],
])('%j is %j days', (written, days) => {
  expect(parseDays(written)).toBe(days);
});

test.each([
  ['7d', 604_800],
  ['12h', 43_200],
  [90, 90],
  ['25h', undefined],
  ['7w', undefined],
])('%j is an age of %j seconds', (written, seconds) => {
  expect(parseAge(written)).toBe(seconds);
});
