import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LineChange, lineChanges } from '../../src/report/line-changes.ts';

function apply(text: string, changes: readonly LineChange[]): string {
  const removed = new Set(changes.flatMap(({ sign, line }) => (sign === '-' ? [line] : [])));
  const lines = text.split('\n').filter((_, position) => !removed.has(position + 1));
  for (const { sign, line, text: added } of changes) if (sign === '+') lines.splice(line - 1, 0, added);
  return lines.join('\n');
}

const texts = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));

test('makes one text of the other', () => {
  fc.assert(fc.property(texts, texts, (from, to) => apply(from, lineChanges(from, to)) === to));
});

test('changes nothing where nothing differs', () => {
  fc.assert(fc.property(texts, (text) => lineChanges(text, text).length === 0));
});

test('names as few lines as there are', () => {
  expect(lineChanges('one\ntwo\nthree\nfour', 'one\n2\nthree\nfour\nfive')).toEqual([
    { sign: '-', line: 2, text: 'two' },
    { sign: '+', line: 2, text: '2' },
    { sign: '+', line: 5, text: 'five' },
  ]);
});

test('gives up on texts that have little in common', () => {
  const lines = (word: string) => Array.from({ length: 1500 }, (_, number) => `${word} ${number}`).join('\n');
  expect(apply(lines('old'), lineChanges(lines('old'), lines('new')))).toBe(lines('new'));
});
