import { expect, test } from 'vitest';
import { table } from '../../src/report/table.ts';
import { treeLines } from '../../src/report/tree.ts';

const ROWS = [
  ['api', '2026.11.20.1', 'ami-0123456789abcdef0', '9'],
  ['worker', '2026.11.19.12', 'ami-0fedcba9876543210', '12'],
];
const head = ['IMAGE', 'VERSION', 'AMI', 'GIB'];

test('aligns columns and leaves no space at the end of lines', () => {
  expect(table(ROWS, { head, alignRight: [3] })).toBe(
    [
      'IMAGE   VERSION        AMI                    GIB',
      'api     2026.11.20.1   ami-0123456789abcdef0    9',
      'worker  2026.11.19.12  ami-0fedcba9876543210   12',
    ].join('\n'),
  );
});

test('takes from the widest columns when the terminal is narrow', () => {
  const text = table(ROWS, { head, columns: 40 });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
  expect(text).toContain('worker');
  expect(text).toContain('ami-01…bcdef0');
});

test('leaves what people copy whole as long as anything else can give', () => {
  const rows = [['api', 'ami-0123456789abcdef0', 'a source with a long name']];
  expect(table(rows, { columns: 40, whole: [1] })).toBe('api  ami-0123456789abcdef0  a sour… name');
  expect(table(rows, { columns: 30, whole: [1] })).toBe('api  ami-0123…9abcdef0  a s…me');
});

test('goes beyond a terminal that has no room for anything', () => {
  expect(table(ROWS, { columns: 5 }).split('\n')[0]).toBe('api     202….1  ami…f0  9');
});

test('colours after padding, so that colours do not disturb the columns', () => {
  const paintCell = (column: number, text: string) =>
    column === 0 && text === 'b' ? (cell: string) => `<${cell}>` : undefined;
  expect(
    table(
      [
        ['b', 'x'],
        ['long', 'y'],
      ],
      { paintCell },
    ),
  ).toBe('<b   >  x\nlong  y');
});

test('has wide characters, control characters and rows of different lengths', () => {
  expect(table([['日本', 'x'], ['a\u001b[31mb\n'], []])).toBe('日本  x\nab\n');
  expect(table([])).toBe('');
});

test('treeLines draws what is below what', () => {
  const children: Record<string, readonly string[]> = { base: ['api', 'worker'], api: ['admin'] };
  const lines = treeLines('base', { label: (node) => node, children: (node) => children[node] ?? [] });
  expect(lines).toEqual(['base', '├─ api', '│  └─ admin', '└─ worker']);
});
