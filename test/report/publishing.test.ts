import { expect, test } from 'vitest';
import type { AccountId, ChannelName, Region } from '../../src/model/ids.ts';
import type { PlacePlan, PlaceReport } from '../../src/model/publishing.ts';
import { createPalette } from '../../src/report/palette.ts';
import { checkText, differenceLines, outcomesText } from '../../src/report/publishing.ts';

const PLACE = {
  account: '111122223333' as AccountId,
  region: 'us-east-1' as Region,
  channels: ['prod' as ChannelName],
  bucket: 'acme-111122223333-us-east-1',
  prefix: 'api',
};
const PLAN: PlacePlan = { ...PLACE, serial: 6, bucketChanges: [], objects: [], values: [] };
const lines = (plan: Partial<PlacePlan>) => differenceLines({ ...PLAN, ...plan }, createPalette(false));

test('a difference has values by path, and objects with their sizes', () => {
  expect(
    lines({
      values: [
        { path: 'added', to: [1] },
        { path: 'log', from: 'info', to: 'debug' },
        { path: 'gone', from: null },
      ],
      objects: [
        { name: 'files/a', change: 'added', to: 3 },
        { name: 'values.json', change: 'changed', from: 10, to: 12 },
        { name: 'files/b', change: 'repaired', to: 5 },
        { name: 'files/c', change: 'removed', from: 7 },
      ],
    }),
  ).toEqual([
    '  + added: [1]',
    '  ~ log: "info" → "debug"',
    '  - gone: null',
    '  + files/a (added, 3 bytes)',
    '  ~ values.json (changed, 10 → 12 bytes)',
    '  ~ files/b (repaired, 5 bytes)',
    '  - files/c (removed, 7 bytes)',
  ]);
});

test('a long value is cut, and one with control characters harms no terminal', () => {
  const [line = ''] = lines({ values: [{ path: 'a', to: `\u001b[2J${'x'.repeat(500)}` }] });
  expect(line).not.toContain('\u001b');
  expect(line.length).toBeLessThan(120);
});

test('a bucket is made as a whole, or given what it lacks', () => {
  expect(lines({ bucketChanges: ['create', 'versioning'] })).toEqual([
    '  ! bucket acme-111122223333-us-east-1 will be created: versioned, encrypted, closed to the public',
  ]);
  expect(lines({ bucketChanges: ['versioning'] })).toEqual([
    '  ! versioning of bucket acme-111122223333-us-east-1 will be set',
  ]);
});

test('outcomes and checks are tables', () => {
  const error = { code: 'bucket-missing', message: 'there is no bucket', blame: 'user' } as const;
  const outcomes = new Map([
    ['a', { status: 'published', serial: 7, content: 'x' }],
    ['b', { status: 'failed', error }],
  ] as const);
  expect(outcomesText(outcomes, { columns: undefined })).toBe('a  published  serial 7\nb  failed');
  const report: PlaceReport = {
    ...PLACE,
    id: '111122223333/us-east-1',
    ok: false,
    serial: 6,
    checks: [
      { name: 'bucket', status: 'ok' },
      { name: 'versioned', status: 'missed', detail: 'versioning is off' },
      { name: 'current', status: 'unknown' },
    ],
  };
  expect(checkText([report], { columns: undefined, color: false })).toMatchInlineSnapshot(`
    "111122223333/us-east-1 s3://acme-111122223333-us-east-1/api
    ok      bucket exists
    MISSED  versioned                versioning is off
    ?       as in the configuration"
  `);
});
