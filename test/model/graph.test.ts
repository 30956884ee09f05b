import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cycles, lineage, parentOf } from '../../src/model/graph.ts';
import { base, config, imageName, service } from '../helpers/builders.ts';

//  base ── mid ── app      other
//     └─── tool
const { images } = config([
  service('app', 'mid'),
  service('mid', 'base'),
  base('base'),
  service('tool', 'base'),
  base('other'),
]);
const names = (found: readonly { readonly name: string }[]) => found.map(({ name }) => name);

test('a lineage starts at the root', () => {
  expect(names(lineage(images, imageName('app')))).toEqual(['base', 'mid', 'app']);
  expect(names(lineage(images, imageName('other')))).toEqual(['other']);
});

test('a base image has no parent', () => {
  expect(parentOf(base('base'))).toBeUndefined();
  expect(parentOf(service('app', 'mid'))).toBe('mid');
});

test('graphs that the configuration would refuse are bugs, not hangs', () => {
  const loop = config([service('a', 'b'), service('b', 'a')]).images;
  expect(() => lineage(loop, imageName('a'))).toThrow('cycle');
  expect(() => lineage(images, imageName('nobody'))).toThrow('no image nobody');
});

describe('cycles', () => {
  test.each<[string, Record<string, string | undefined>, string[][]]>([
    ['none', { a: undefined, b: 'a', c: 'b' }, []],
    ['itself', { a: 'a' }, [['a', 'a']]],
    ['two', { a: 'b', b: 'a' }, [['a', 'b', 'a']]],
    ['a tail that leads into one', { a: 'b', b: 'c', c: 'b' }, [['b', 'c', 'b']]],
    ['one, found from two tails', { x: 'a', y: 'a', a: 'b', b: 'a' }, [['a', 'b', 'a']]],
    [
      'two apart',
      { a: 'a', b: 'c', c: 'b' },
      [
        ['a', 'a'],
        ['b', 'c', 'b'],
      ],
    ],
    ['an unknown parent ends the walk', { a: 'gone' }, []],
  ])('%s', (_, parents, found) => expect(cycles(new Map(Object.entries(parents)))).toEqual(found));

  test('each that is found closes, and cutting one link of each leaves none', () => {
    const parents = fc.array(fc.nat(11), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(parents, (parents) => {
        const graph = new Map<string, string | undefined>(parents.map((parent, node) => [`${node}`, `${parent}`]));
        const found = cycles(graph);
        for (const cycle of found) {
          expect(cycle.at(-1)).toBe(cycle[0]);
          for (const [at, node] of cycle.slice(0, -1).entries()) expect(graph.get(node)).toBe(cycle[at + 1]);
          graph.set(cycle[0] ?? '', undefined);
        }
        expect(cycles(graph)).toEqual([]);
      }),
    );
  });
});
