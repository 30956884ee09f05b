import { expect, test } from 'vitest';
import type { ChannelMove } from '../../../src/model/promotion.ts';
import { versionBefore } from '../../../src/plan/promotion/channel-moves.ts';

/** `p2`: 2 was promoted; `r1`: rolled back to 1; `p3?`: never finished. Newest first. */
const moves = (text: string) => ({
  moves: text.split(' ').map(
    (move): ChannelMove => ({
      action: move.startsWith('p') ? 'promote' : 'rollback',
      imageVersion: move.charAt(1),
      finished: !move.endsWith('?'),
      amis: {},
      at: '2026-11-20T16:00:00.000Z',
      by: 'alice',
      run: 'run',
    }),
  ),
});

test.each([
  ['p3 p2 p1', '2'],
  ['r2 p3 p2 p1', '1'],
  ['r1 r2 p3 p2 p1', undefined],
  ['p4 r1 p3 p1', '1'],
  ['p3? p2 p1', '2'],
  ['p3 p2? p1', '1'],
  ['p3 p3 p2', '2'],
  // Tags alone keep the last move of each version: what came before a rollback's version is not known.
  ['r2 p3 p1', undefined],
  ['p1', undefined],
])('%s goes back to %s', (text, version) => {
  expect(versionBefore(moves(text), () => true)).toBe(version);
});

test('what cannot be used is passed over', () => {
  expect(versionBefore(moves('p3 p2 p1'), (version) => version !== '2')).toBe('1');
});
