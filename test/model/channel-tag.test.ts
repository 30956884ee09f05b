import { expect, test } from 'vitest';
import { channelTag, formatChannelMark, parseChannelMark } from '../../src/model/channel-tag.ts';
import type { ChannelName } from '../../src/model/ids.ts';

test('the tag of a channel keeps to what EC2 takes', () => {
  expect(channelTag('c'.repeat(32) as ChannelName).length).toBeLessThanOrEqual(128);
});

test.each([
  ['2026-11-20T15:04:05.123Z promote finished', 'promote', true],
  ['2026-11-20T15:04:05Z rollback started', 'rollback', false],
] as const)('%s is a move and back', (text, action, finished) => {
  expect(parseChannelMark(text)).toEqual({ at: text.split(' ')[0], action, finished });
  expect(formatChannelMark({ at: text.split(' ')[0] ?? '', action, finished })).toBe(text);
});

test.each(['', 'promote finished', '2026-11-20 promote finished', '2026-11-20T15:04:05Z push finished'])(
  '%j is none',
  (text) => expect(parseChannelMark(text)).toBeUndefined(),
);
