import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignAttributes, hclLines, hclString, hclValue } from '../../src/render/hcl.ts';
import { hclUnescape, NASTY_STRINGS } from '../helpers/hcl-unescape.ts';

describe('strings', () => {
  test.each(NASTY_STRINGS)('%j arrives as it was', (text) => expect(hclUnescape(hclString(text))).toBe(text));

  test('any does, on one line', () => {
    const pieces = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('${', '%{', '$', '%', '\\', '"', '\n')),
    );
    fc.assert(
      fc.property(
        pieces.map((parts) => parts.join('')).filter((text) => !text.includes('{{')),
        (text) => {
          expect(hclString(text)).not.toContain('\n');
          expect(hclUnescape(hclString(text))).toBe(text);
        },
      ),
    );
  });

  test.each(['{{', '{{user `x`}}', 'a{{{b'])('%j is refused, since Packer would expand it', (text) => {
    expect(() => hclString(text)).toThrow(expect.objectContaining({ code: 'template-value-refused', blame: 'user' }));
    expect(() => hclValue({ deep: [text] })).toThrow(expect.objectContaining({ code: 'template-value-refused' }));
  });
});

test.each<[Parameters<typeof hclValue>[0], string]>([
  ['x', '"x"'],
  [22, '22'],
  [1.5, '1.5'],
  [false, 'false'],
  [null, 'null'],
  [[], '[]'],
  [['a', 1], '["a", 1]'],
  [{}, '{}'],
  [{ 'bake:run': 'x', b: [`\${y}`] }, `{ "bake:run" = "x", "b" = ["$\${y}"] }`],
])('the value %j', (value, text) => expect(hclValue(value)).toBe(text));

test('a list of lines stands at its depth', () => {
  expect(hclLines(['a', '"b"'], 2)).toBe('[\n      "a",\n      "\\"b\\"",\n    ]');
  expect(hclLines([], 1)).toBe('[\n  ]');
});

describe('alignment', () => {
  const align = (...lines: string[]) => alignAttributes(lines.join('\n')).split('\n');

  test('of neighbours, up to an empty line, a block or another depth', () => {
    expect(
      align('a = 1', 'long = 2', '', 'b = 3', 'block {', '  c = 4', '  dd = 5', '}', 'e = [', '  1,', ']', 'ff = 6'),
    ).toEqual([
      'a    = 1',
      'long = 2',
      '',
      'b = 3',
      'block {',
      '  c  = 4',
      '  dd = 5',
      '}',
      'e = [',
      '  1,',
      ']',
      'ff = 6',
    ]);
  });

  test('leaves alone what is none', () => {
    const lines = ['# a = 1', '"x",', 'a == b', 'source "x" "y" {', '}'];
    expect(align(...lines)).toEqual(lines);
  });

  test('is done once and for all', () => {
    const line = fc.constantFrom(
      'a = 1',
      'bbb = "x = y"',
      '"k y" = 2',
      '  cc = 3',
      '  d = [1]',
      'e = [',
      ']',
      '',
      '# f = 1',
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const once = alignAttributes(lines.join('\n'));
        expect(alignAttributes(once.replace(/ += /g, ' = '))).toBe(once);
      }),
    );
  });
});
