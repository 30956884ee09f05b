import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeDeep } from '../../src/model/merge.ts';

const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));

test('merging with nothing changes nothing', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(mergeDeep(value, {})).toEqual(value);
      expect(mergeDeep({}, value)).toEqual(value);
      expect(mergeDeep(value, value)).toEqual(value);
    }),
  );
});

test('what is written above always shows: merging it once more changes nothing', () => {
  fc.assert(
    fc.property(json, json, (under, over) => {
      const merged = mergeDeep(under, over);
      expect(mergeDeep(merged, over)).toEqual(merged);
    }),
  );
});

test('lists are replaced, null is a value, undefined is not one', () => {
  expect(mergeDeep<object>({ a: [1, 2], b: 1, c: 2 }, { a: [3], b: null, c: undefined })).toEqual({
    a: [3],
    b: null,
    c: 2,
  });
});

test('no key reaches the prototype', () => {
  const merged = mergeDeep<object>({}, JSON.parse('{"__proto__": {"polluted": true}}') as object);
  expect('polluted' in {}).toBe(false);
  expect(Object.hasOwn(merged, '__proto__')).toBe(true);
});
