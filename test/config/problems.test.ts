import { expect, test } from 'vitest';
import { choices, formatPath, formatProblem, show } from '../../src/config/problems.ts';

test.each([
  [['images', 'api-v2', 'layers', 2], 'images.api-v2.layers[2]'],
  [['tags', 'cost centre'], 'tags["cost centre"]'],
  [['a b', 0, 'c'], '["a b"][0].c'],
  [[], ''],
])('the path %j is %s', (path, text) => {
  expect(formatPath(path)).toBe(text);
});

test.each([
  ['text', '"text"'],
  [undefined, 'undefined'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [() => 1, 'a function'],
  [10n, '10'],
  [{ a: [1] }, '{"a":[1]}'],
  ['x'.repeat(70), `"${'x'.repeat(58)}…`],
])('%# is shown as it would be in JSON', (value, text) => {
  expect(show(value)).toBe(text);
});

test('choices are cut when there are many', () => {
  expect(choices([])).toBe('none');
  expect(choices(['a', 'b'])).toBe('a, b');
  expect(choices(Array.from({ length: 1000 }, (_, n) => `i${n}`))).toBe(
    'i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11 and 988 more',
  );
});

test('another file than the main one is named from the root', () => {
  const problem = { file: '/p/layers/api/layer.yaml', path: ['scripts', 0], message: '"x" is wrong' };
  expect(formatProblem(problem, '/p/bake.config.ts', '/p')).toBe('layers/api/layer.yaml: scripts[0]: "x" is wrong');
  expect(formatProblem({ ...problem, suggestion: 'y' }, '/p/layers/api/layer.yaml', '/p')).toBe(
    'scripts[0]: "x" is wrong. Did you mean "y"?',
  );
});
