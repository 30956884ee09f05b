import { expect, test } from 'vitest';
import type { BakeEvent } from '../../src/model/events.ts';
import { eventLine } from '../../src/report/event-line.ts';
import { applyEvent, type Rows } from '../../src/report/live-rows.ts';
import { createPalette } from '../../src/report/palette.ts';
import { version } from '../helpers/builders.ts';

const id = 'api/x86_64';
const joined = { type: 'bake-joined', id, run: '20261120T140201-77ab10', version: version('2026.11.20.1') } as const;
const retried = {
  type: 'bake-retried',
  id,
  attempt: 2,
  because: 'InsufficientInstanceCapacity',
  instanceType: 't3a.small',
} as const;

test.each<[BakeEvent, string]>([
  [joined, 'waits for 2026.11.20.1, which run 20261120T140201-77ab10 bakes'],
  [
    { ...joined, user: 'ann', host: 'ci-7' },
    'waits for 2026.11.20.1, which run 20261120T140201-77ab10 of ann@ci-7 bakes',
  ],
  [retried, 'InsufficientInstanceCapacity: attempt 2 with t3a.small'],
  [{ ...retried, subnet: 'subnet-1' }, 'InsufficientInstanceCapacity: attempt 2 with t3a.small in subnet-1'],
])('%o is told on a line and in a row', (event, text) => {
  expect(eventLine(event, createPalette(false))).toBe(`${id} ${text}`);
  const rows: Rows = new Map();
  applyEvent(rows, { type: 'bake-started', id, reason: { why: 'never-baked' } }, 0);
  applyEvent(rows, event, 1);
  expect(rows.get(id)).toMatchObject({ state: 'running', text, stageStartedAt: 1 });
});
