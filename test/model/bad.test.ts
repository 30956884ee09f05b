import { expect, test } from 'vitest';
import { formatBad, parseBad, roomForReason } from '../../src/model/bad.ts';

const AT = '2026-11-20T15:04:05.123Z';

test('says when, who and why, and back', () => {
  const text = formatBad({ at: AT, by: 'user/alice', reason: 'the disk  fills: up' });
  expect(text).toBe('2026-11-20T15:04:05Z user/alice the disk  fills: up');
  expect(parseBad(text)).toEqual({ at: '2026-11-20T15:04:05Z', by: 'user/alice', reason: 'the disk  fills: up' });
});

test.each(['user/alice', `assumed-role/${'r'.repeat(64)}/${'s'.repeat(64)}`])(
  'fits into a tag with a reason: %s',
  (by) => {
    const room = roomForReason({ at: AT, by });
    expect(room).toBeGreaterThanOrEqual(170);
    expect(formatBad({ at: AT, by, reason: 'x'.repeat(room) })).toHaveLength(256);
  },
);

test.each(['', 'broken', '2026-11-20T15:04:05Z alice'])('%j, which somebody wrote by hand, is the reason', (text) => {
  expect(parseBad(text)).toEqual({ reason: text });
});
