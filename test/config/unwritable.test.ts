import { expect, test } from 'vitest';
import { problemsOf, withApi, withBase, withSettings } from './problems-of.ts';

const HALF = 'has half of a character (a lone surrogate), which UTF-8 cannot hold';
const NUL = 'has a NUL character, which no path, environment or tag can hold';
const PROTO = 'is a key with a meaning of its own in JavaScript; choose another one';

test.each<[string, unknown, readonly string[]]>([
  ['whole characters', withSettings({ variables: { a: '🎉 \u{10FFFF} \u0001 \uFFFD' } }), []],
  ['half of one', withSettings({ variables: { a: ['x', '\ud83c'] } }), [`variables.a[1]: ${HALF}`]],
  ['… in a key', withApi({ variables: { a: { '\udf89': 1 } } }), [`images.api.variables.a["\\udf89"]: ${HALF}`]],
  ['a NUL', withSettings({ variables: { a: 'x\0y' } }), [`variables.a: ${NUL}`]],
  ['… in a path', withSettings({ prices: 'a\0b' }), [`prices: ${NUL}`]],
  [
    '… that is a secret in the wrong place',
    withBase({ secrets: { token: { secretsManager: 'x', key: 'hunter2\0' } } }),
    [`images.base.secrets.token.key: ${NUL}`],
  ],
  [
    'what JavaScript hides',
    JSON.parse(JSON.stringify(withBase({ tags: { x: 'y' } })).replace('"x"', '"__proto__"')),
    [`images.base.tags.__proto__: ${PROTO}`],
  ],
])('%s', (_, config, problems) => expect(problemsOf(config)).toEqual(problems));

test('a value that contains itself is looked at once', () => {
  const cyclic: Record<string, unknown> = { text: '\0' };
  cyclic.self = cyclic;
  expect(problemsOf(withSettings({ variables: { cyclic } }))).toContain(`variables.cyclic.text: ${NUL}`);
});
