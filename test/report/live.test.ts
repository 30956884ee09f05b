import { describe, expect, test } from 'vitest';
import { rowsThatFit } from '../../src/report/live-fit.ts';
import type { Row, RowState } from '../../src/report/live-rows.ts';
import { rowTitle } from '../../src/report/live-title.ts';
import { createPalette } from '../../src/report/palette.ts';

const row = (name: string, state: RowState, more: Partial<Row> = {}): Row => ({
  name,
  state,
  text: '',
  startedAt: undefined,
  stageStartedAt: undefined,
  lastLine: '',
  ...more,
});

describe('rowTitle', () => {
  const running = row('api/x86_64', 'running', {
    text: 'layer api: 10-packages.sh',
    startedAt: 0,
    stageStartedAt: 72_000,
  });
  const title = (which: Row, width: number) =>
    rowTitle(which, 84_000, { width, nameWidth: 13, paint: createPalette(false) });

  test.each([
    [76, 'api/x86_64    layer api: 10-packages.sh 12s of 1m 24s'],
    [36, 'api/x86_64    layer api: 10-pac… 12s'],
    [16, 'api/…_64 la… 12s'],
  ])('in %i columns', (width, expected) => {
    expect(title(running, width)).toBe(expected);
  });

  test('of a row that waits is its name', () => {
    expect(title(row('api/x86_64', 'waiting'), 76)).toBe('api/x86_64');
  });
});

describe('rowsThatFit', () => {
  const rows = [row('a', 'done'), row('b', 'done'), row('c', 'running'), row('d', 'waiting'), row('e', 'waiting')];
  test.each([
    [24, 'abcde'],
    [5, 'abcd'],
    [3, 'bc'],
    [2, 'c'],
    [1, ''],
  ])('in %i lines', (lines, expected) => {
    const fitting = rowsThatFit(rows, lines);
    expect(
      rows
        .filter((one) => fitting.has(one))
        .map((one) => one.name)
        .join(''),
    ).toBe(expected);
  });
});
