import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAge, formatDuration } from '../../src/report/duration.ts';
import { plainLine, truncateEnd, truncateMiddle, widthOf } from '../../src/report/text.ts';

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [0.04, '0s'],
    [4.23, '4.2s'],
    [9.96, '10s'],
    [58.4, '58s'],
    [59.6, '1m 0s'],
    [84, '1m 24s'],
    [3599.6, '1h 0m'],
    [7380, '2h 3m'],
    [-1, '0s'],
    [Number.NaN, '0s'],
  ])('%s seconds', (seconds, expected) => {
    expect(formatDuration(seconds)).toBe(expected);
  });
});

describe('formatAge', () => {
  const now = new Date('2026-11-20T12:00:00Z');
  test.each([
    ['2026-11-20T11:59:30Z', 'just now'],
    ['2026-11-20T12:05:00Z', 'just now'],
    ['2026-11-20T11:59:00Z', '1 minute ago'],
    ['2026-11-20T09:30:00Z', '2 hours ago'],
    ['2026-11-17T11:00:00Z', '3 days ago'],
    ['2026-06-20T12:00:00Z', '5 months ago'],
    ['2024-11-20T12:00:00Z', '2 years ago'],
  ])('%s', (date, expected) => {
    expect(formatAge(new Date(date), now)).toBe(expected);
  });
});

describe('plainLine', () => {
  test.each([
    ['\u001b[1;32mgreen\u001b[0m', 'green'],
    ['\u001b]0;title\u0007text', 'text'],
    ['10 %\r50 %\r100 %\r', '100 %'],
    ['a\tb\u0000c\u0007', 'a bc'],
    ['\u202emirrored', 'mirrored'],
    ['', ''],
  ])('%j', (text, expected) => {
    expect(plainLine(text)).toBe(expected);
  });

  test('never leaves a control character', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/\p{Cc}/u.test(plainLine(text))));
  });
});

describe('truncate', () => {
  test.each([
    [truncateEnd, 'ami-0123456789', 8, 'ami-012…'],
    [truncateMiddle, 'ami-0123456789', 8, 'ami-…789'],
    [truncateEnd, 'short', 8, 'short'],
    [truncateEnd, '日本語テキスト', 8, '日本語…'],
    [truncateMiddle, 'anything', 1, '…'],
    [truncateMiddle, 'anything', 0, ''],
  ] as const)('%o of %s to %i', (truncate, text, width, expected) => {
    expect(truncate(text, width)).toBe(expected);
  });

  test('always fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, width) => {
        expect(widthOf(truncateEnd(text, width))).toBeLessThanOrEqual(width);
        expect(widthOf(truncateMiddle(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
