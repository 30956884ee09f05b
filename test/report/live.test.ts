import { describe, expect, test, vi } from 'vitest';
import type { BakeEvent } from '../../src/model/events.ts';
import type { ImageName, NodeId } from '../../src/model/ids.ts';
import type { PlanStep } from '../../src/model/plan.ts';
import { isCollapsed, rowsAtLast, rowsThatFit } from '../../src/report/live-fit.ts';
import type { Row, RowState } from '../../src/report/live-rows.ts';
import { rowTitle } from '../../src/report/live-title.ts';
import { totalsLine, totalsOf } from '../../src/report/live-totals.ts';
import { createMask } from '../../src/report/mask.ts';
import { createPalette } from '../../src/report/palette.ts';
import { createReporter } from '../../src/report/reporter.ts';
import { done, failed, finished, output, plan, step } from './events.ts';
import { FakePipe, FakeTerminal } from './fake-terminal.ts';

const row = (name: string, state: RowState, more: Partial<Row> = {}): Row => ({
  name,
  state,
  text: '',
  startedAt: undefined,
  stageStartedAt: undefined,
  settledAt: undefined,
  seconds: undefined,
  lastLine: '',
  planned: undefined,
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

const names = (rows: readonly Row[]) => rows.map(({ name }) => name).join('');
const planned = (name: string, state: RowState, more: Partial<Row> = {}) =>
  row(name, state, { planned: { bakes: true, parent: undefined }, settledAt: 0, ...more });

describe('rowsThatFit', () => {
  const rows = [row('a', 'done'), row('b', 'done'), row('c', 'running'), row('d', 'waiting'), row('e', 'waiting')];
  test.each([
    [24, 'abcde'],
    [5, 'abcd'],
    [3, 'bc'],
    [2, 'c'],
    [1, 'c'],
    [0, ''],
  ])('in %i lines', (lines, expected) => {
    expect(names(rowsThatFit(rows, lines, false).rows)).toBe(expected);
  });

  const many = [
    ...['a', 'b', 'c', 'd', 'e'].map((name, at) => planned(name, 'done', { settledAt: 10 - at })),
    planned('f', 'failed', { settledAt: 1 }),
    planned('g', 'cancelled', { settledAt: 2 }),
    planned('h', 'running'),
    planned('i', 'running'),
    planned('j', 'waiting'),
    row('setup', 'done', { settledAt: 0 }),
  ];
  test.each([
    [24, 'abcfhisetup', true],
    [7, 'afhisetup', true],
    [5, 'fhi', true],
    [4, 'hi', true],
    [3, 'fhi', false],
    [2, 'hi', false],
    [1, 'h', false],
  ])('beside totals, in %i lines', (lines, expected, withOutput) => {
    const fitting = rowsThatFit(many, lines, true);
    expect({ rows: names(fitting.rows), withOutput: fitting.withOutput }).toEqual({ rows: expected, withOutput });
  });

  test('what failed stays beside totals, and everything without them', () => {
    expect(names(rowsAtLast(many, true).rows)).toBe('fsetup');
    expect(rowsAtLast(many, false).rows).toEqual(many);
  });
});

test.each([
  [12, 24, false],
  [13, 24, true],
  [5, 7, false],
  [6, 7, true],
  [1, 2, true],
])('%i images in %i lines: totals %j', (count, lines, expected) => {
  const rows = Array.from({ length: count }, (_, n) => planned(`${n}`, 'waiting'));
  expect(isCollapsed([...rows, ...Array(20).fill(row('setup', 'done'))], lines)).toBe(expected);
});

describe('totals', () => {
  const counted = [
    planned('base', 'done', { seconds: 60 }),
    planned('other', 'reused', { seconds: 0 }),
    planned('api', 'running', { startedAt: 100_000 }),
    planned('app', 'waiting', { planned: { bakes: true, parent: 'api' } }),
    planned('top', 'waiting', { planned: { bakes: true, parent: 'app' } }),
    planned('same', 'waiting', { planned: { bakes: false, parent: undefined } }),
    planned('bad', 'failed', { seconds: 500 }),
    row('setup', 'running', { startedAt: 0 }),
  ];

  test('count images, and what is left by those that have been baked', () => {
    const totals = { total: 7, done: 2, running: 1, failed: 1, cancelled: 0, open: 0 };
    // 40 s of api, then app, then top.
    expect(totalsOf(counted, 8, 120_000)).toEqual({ ...totals, left: 160 });
    const wide = Array.from({ length: 16 }, (_, n) => planned(`${n}`, 'waiting'));
    expect(totalsOf([...counted, ...wide], 4, 120_000).left).toBe((160 + 16 * 60) / 4);
  });

  test('nothing is known of the rest before something was baked', () => {
    expect(totalsOf(counted.slice(1), 8, 120_000).left).toBeUndefined();
  });

  test.each([
    [80, '12/100 done, 8 running, 1 failed, 3 cancelled, 3m 2s, about 12m 0s left'],
    [60, '12/100 done, 8 running, 1 failed, about 12m 0s left'],
    [45, '12/100 done, 1 failed, about 12m 0s left'],
    [24, '12/100 done, 1 failed'],
    [16, '12/100 done'],
    [8, '12/100'],
  ])('in %i columns', (width, expected) => {
    const totals = { total: 100, done: 12, running: 8, failed: 1, cancelled: 3, open: 0, left: 719.5 };
    expect(totalsLine(totals, 182, width)).toBe(expected);
  });
});

describe('a hundred images', () => {
  const id = (n: number): NodeId => `image-${n}/x86_64`;
  const onBase = (n: number): PlanStep => ({
    ...step(id(n), 'bake'),
    parent: { kind: 'this-run', image: 'image-0' as ImageName },
  });
  const started = (n: number): BakeEvent => ({ type: 'bake-started', id: id(n), reason: { why: 'never-baked' } });
  const events: readonly BakeEvent[] = [
    plan(step(id(0), 'bake'), ...Array.from({ length: 99 }, (_, n) => onBase(n + 1))),
    ...Array.from({ length: 40 }, (_, n) => started(n)),
    ...Array.from({ length: 29 }, (_, n) => finished(id(n), done)),
    finished(id(29), failed),
    ...Array.from({ length: 10 }, (_, n) => output(id(n + 30), 'Setting up nginx')),
  ];

  async function shown(rows: number) {
    const stderr = new FakeTerminal(80, rows);
    const mask = createMask([]);
    const reporter = createReporter({ mode: 'live', stdout: new FakePipe(), stderr, color: false, mask });
    for (const event of events) reporter.emit(event);
    const frame = await vi.waitFor(() => {
      const screen = stderr.screen();
      expect(screen.join('\n')).toMatch(/29\/100 done, 10 running, 1 failed, .*about .* left/);
      if (rows >= 24) expect(screen.join('\n')).toContain('Setting up nginx');
      return screen;
    });
    await reporter.close();
    return { frame: frame.filter((line) => line !== ''), last: stderr.screen() };
  }

  test('are totals, with rows for what runs, what failed and what was done last', async () => {
    const { frame, last } = await shown(40);
    expect(frame.map((line) => line.replace(/^\S /, '')).filter((line) => !/^image-3\d/.test(line))).toEqual([
      expect.stringMatching(/^29\/100 done, /),
      expect.stringMatching(/^image-26\/x86_64 done in/),
      expect.stringMatching(/^image-27\/x86_64 done in/),
      expect.stringMatching(/^image-28\/x86_64 done in/),
      expect.stringMatching(/^image-29\/x86_64 failed after/),
      ...Array(10).fill(expect.stringContaining('Setting up nginx')),
    ]);
    expect(last.slice(0, 2)).toEqual([
      expect.stringMatching(/^✗ 29\/100 done, 1 failed, 70 not finished, /),
      expect.stringMatching(/^✗ image-29\/x86_64 failed after/),
    ]);
  });

  test('of a run that stops are not finished, and that is no failure', async () => {
    const stderr = new FakeTerminal(80);
    const reporter = createReporter({
      mode: 'live',
      stdout: new FakePipe(),
      stderr,
      color: false,
      mask: createMask([]),
    });
    for (const event of events.slice(0, 50)) reporter.emit(event);
    await reporter.close();
    expect(stderr.screen()).toEqual([expect.stringMatching(/^- 9\/100 done, 91 not finished, /), '']);
  });

  test.each([24, 10, 3])('never fill more than the %i lines of a terminal', async (rows) => {
    expect((await shown(rows)).frame.length).toBeLessThan(rows);
  });
});
