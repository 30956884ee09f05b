import { expect, test } from 'vitest';
import type { ChangeChain, ImageDiff, StateName } from '../../src/model/comparison.ts';
import type { Version } from '../../src/model/ids.ts';
import { whyText } from '../../src/report/change-text.ts';
import { diffText } from '../../src/report/diff-text.ts';
import { amiId, NOW } from '../helpers/builders.ts';

const OPTIONS = { color: false, now: NOW, columns: undefined };
const NEW: StateName = { version: null, imageId: null, createdAt: null };
const at = (n: number, day: number): StateName => ({
  version: `2026.11.${day}.1`,
  imageId: amiId(n),
  createdAt: `2026-11-${day}T02:00:00.000Z`,
});
const NONE = { detail: 'inputs', unknown: [], forced: false } as const;

const CHAIN: ChangeChain = [
  {
    id: 'api/x86_64',
    from: at(3, 19),
    to: NEW,
    ...NONE,
    changes: [{ input: 'parent', change: 'changed', from: 'base 2026.11.19.1', to: 'base (to be baked)' }],
  },
  {
    id: 'base/x86_64',
    from: at(2, 19),
    to: NEW,
    ...NONE,
    changes: [
      { input: 'layer/os/files/etc/motd', change: 'changed' },
      { input: 'refresh', change: 'changed', from: '2026-11-19', to: '2026-11-20' },
      { input: 'packages', change: 'added', to: '2023.6' },
    ],
  },
];

test('a bake to come', () => {
  const reason = { why: 'parent-changed', parent: 'base' } as const;
  expect(
    whyText({ id: 'api/x86_64', verdict: { kind: 'to-be-baked', reason }, chain: CHAIN }, OPTIONS),
  ).toMatchInlineSnapshot(`
    "api/x86_64  would be baked: parent base changed
      api 2026.11.19.1 (ami-00000000000000003, 1 day ago) → to be baked
        changed parent: base 2026.11.19.1 → base (to be baked)
      base 2026.11.19.1 (ami-00000000000000002, 1 day ago) → to be baked
        changed layer/os/files/etc/motd
        changed refresh: 2026-11-19 → 2026-11-20
        added packages: none → 2023.6"
  `);
  expect(
    whyText({ id: 'api/x86_64', verdict: { kind: 'to-be-baked', reason: { why: 'never-baked' } }, chain: [] }, OPTIONS),
  ).toBe('api/x86_64  would be baked: never baked');
});

test('what is up to date, and why it was baked', () => {
  const { version, imageId, createdAt } = at(4, 20);
  const verdict = {
    kind: 'up-to-date',
    version: version ?? '',
    imageId: imageId ?? '',
    since: createdAt ?? '',
  } as const;
  const gone: StateName = { version: '2026.11.18.1', imageId: amiId(1), createdAt: null };
  const bad = { ...at(3, 19), unusable: 'marked bad: \u001b[31mred\nline' };
  const chain: ChangeChain = [
    { id: 'api/x86_64', from: bad, to: at(4, 20), changes: [], detail: 'groups', unknown: ['layers'], forced: false },
    { id: 'base/x86_64', from: gone, to: at(5, 20), changes: [], detail: 'none', unknown: [], forced: true },
  ];
  expect(whyText({ id: 'api/x86_64', verdict, chain }, OPTIONS)).toMatchInlineSnapshot(`
    "api/x86_64  up to date: 2026.11.20.1 (ami-00000000000000004), 2026-11-20T02:00:00Z (10 hours ago)
      2026.11.20.1 was baked because:
      api 2026.11.19.1 (ami-00000000000000003, 1 day ago, marked bad: red line) → 2026.11.20.1 (ami-00000000000000004, 10 hours ago)
        groups of inputs, from tags: the records are not at hand
        whether layers changed is not known
      base 2026.11.18.1 (ami-00000000000000001, not there any more) → 2026.11.20.1 (ami-00000000000000005, 10 hours ago)
        baked with --force
        what changed in it is not known: neither its record nor its tags are at hand"
  `);
  expect(whyText({ id: 'api/x86_64', verdict, chain: [] }, OPTIONS)).toMatchInlineSnapshot(`
    "api/x86_64  up to date: 2026.11.20.1 (ami-00000000000000004), 2026-11-20T02:00:00Z (10 hours ago)
      it is the first version that there is"
  `);
});

test('a version that was asked for', () => {
  const verdict = {
    kind: 'baked',
    version: '1' as Version,
    imageId: amiId(1),
    at: '2026-11-19T02:00:00.000Z',
  } as const;
  expect(whyText({ id: 'api/x86_64', verdict, chain: [] }, OPTIONS)).toMatchInlineSnapshot(`
    "api/x86_64  1 (ami-00000000000000001) was baked 2026-11-19T02:00:00Z (1 day ago)
      it is the first version that there is"
  `);
});

const DIFF: ImageDiff = {
  id: 'base/x86_64',
  chain: [{ id: 'base/x86_64', from: at(2, 19), to: at(5, 20), changes: [], ...NONE }],
  packages: [
    { name: 'comes', change: 'added', to: '0.1' },
    { name: 'linux-image-amd64', change: 'upgraded', from: '6.1.119-1', to: '6.1.124-1' },
    { name: 'leaves', change: 'removed', from: '1.0' },
    { name: 'openssl', change: 'upgraded', from: '3.0.15-1~deb12u1', to: '3.0.17-1~deb12u3' },
  ],
  guarded: [
    { change: 'added', row: 'fstab', layer: 'disks', paths: ['/etc/fstab'], to: { effect: 'it is written again' } },
    {
      change: 'changed',
      row: 'locale',
      layer: 'base',
      paths: ['/etc/default/locale'],
      from: { override: { locale: false } },
      to: { effect: 'it is set again' },
    },
  ],
  withoutRecord: [],
};

test('a difference', () => {
  expect(diffText(DIFF, OPTIONS)).toMatchInlineSnapshot(`
    "base/x86_64
      base 2026.11.19.1 (ami-00000000000000002, 1 day ago) → 2026.11.20.1 (ami-00000000000000005, 10 hours ago)
        the same inputs
      packages: 1 added, 2 upgraded, 1 removed
        added     comes              0.1
        upgraded  linux-image-amd64  6.1.119-1 → 6.1.124-1
        removed   leaves             1.0
        upgraded  openssl            3.0.15-1~deb12u1 → 3.0.17-1~deb12u3
      guarded settings:
        added fstab (disks: /etc/fstab): not kept: it is written again
        changed locale (base: /etc/default/locale): kept by {"locale":false} → not kept: it is set again"
  `);
});

test('a difference of which little is known', () => {
  const bare = { ...DIFF, packages: null, guarded: null, withoutRecord: ['base 2026.11.19.1'] };
  expect(diffText(bare, OPTIONS)).toMatchInlineSnapshot(`
    "base/x86_64
      base 2026.11.19.1 (ami-00000000000000002, 1 day ago) → 2026.11.20.1 (ami-00000000000000005, 10 hours ago)
        the same inputs
      packages: not known
      guarded settings: not known
      without a record: base 2026.11.19.1
      → Records are in .bake/ where it was baked, and in the state bucket where there is one (bake state init)."
  `);
  expect(
    diffText({ ...DIFF, packages: [], guarded: [] }, OPTIONS)
      .split('\n')
      .slice(-2),
  ).toEqual(['  packages: the same', '  guarded settings: the same']);
});

test('fits a narrow terminal', () => {
  const lines = diffText(DIFF, { ...OPTIONS, columns: 40 }).split('\n');
  const packages = lines.slice(lines.findIndex((line) => line.startsWith('  packages')) + 1).slice(0, 4);
  for (const line of packages) expect(line.length).toBeLessThanOrEqual(40);
});
