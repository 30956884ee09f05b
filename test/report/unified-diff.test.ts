import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unifiedDiff } from '../../src/report/unified-diff.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';

const numbered = (count: number, other: Readonly<Record<number, string>> = {}) =>
  Array.from({ length: count }, (_, n) => `${other[n] ?? `line ${n}`}\n`).join('');

test('says where lines were and are, with three around them', () => {
  const before = numbered(30);
  const after = numbered(30, { 4: 'changed', 20: 'line 20\nnew' });
  expect(
    unifiedDiff({ path: 'images/bake.lock.json', before, after }),
  ).toBe(`diff --git a/images/bake.lock.json b/images/bake.lock.json
--- a/images/bake.lock.json
+++ b/images/bake.lock.json
@@ -2,7 +2,7 @@
 line 1
 line 2
 line 3
-line 4
+changed
 line 5
 line 6
 line 7
@@ -19,6 +19,7 @@
 line 18
 line 19
 line 20
+new
 line 21
 line 22
 line 23
`);
});

test('is nothing where nothing changed', () => {
  expect(unifiedDiff({ path: 'x', before: 'a\n', after: 'a\n' })).toBe('');
});

describe('git apply takes it', () => {
  test.each<[string, string, string | undefined, string]>([
    ['a new file', 'bake.lock.json', undefined, '{}\n'],
    ['a change in the middle', 'bake.lock.json', numbered(40), numbered(40, { 20: 'x\ny' })],
    ['changes at both ends', 'bake.lock.json', numbered(40), numbered(40, { 0: 'x', 39: 'y' })],
    [
      'changes that share their surroundings',
      'bake.lock.json',
      numbered(40),
      numbered(40, { 10: 'x', 16: 'y', 23: 'z' }),
    ],
    ['another file altogether', 'bake.lock.json', 'a\nb\n', 'c\nd\ne\n'],
    ['a last line that did not end', 'bake.lock.json', 'a\nb', 'a\nb\n'],
    ['a last line that does not end', 'bake.lock.json', 'a\nb\n', 'a\nc'],
    ['in a folder', 'the images/größe/bake.lock.json', numbered(9), numbered(9, { 3: 'x' })],
  ])('%s', async (_, path, before, after) => {
    await using folder = await temporaryFolder();
    const git = (...args: readonly string[]) => execa('git', args, { cwd: folder.path });
    await git('init', '--quiet');
    const file = join(folder.path, path);
    await mkdir(dirname(file), { recursive: true });
    if (before !== undefined) await writeFile(file, before);
    const patch = join(folder.path, 'lock.patch');
    await writeFile(patch, unifiedDiff({ path, before, after }));
    await git('apply', patch);
    expect(await readFile(file, 'utf8')).toBe(after);
  });
});

/** What a patch makes of a text, by the numbers of its hunks. */
function patched(before: string, patch: string): string {
  const old = before.split('\n').slice(0, -1);
  const made: string[] = [];
  let next = 0;
  for (const hunk of patch.split(/^@@ /m).slice(1)) {
    const [, start, count, place] = /^-(\d+),(\d+) \+(\d+),/.exec(hunk) ?? [];
    const from = Number(start) - (count === '0' ? 0 : 1);
    made.push(...old.slice(next, from));
    if (Number(hunk.split('\n')[0]?.split(/[, ]/)[3]) > 0) expect(made.length).toBe(Number(place) - 1);
    for (const line of hunk.split('\n').slice(1, -1)) if (!line.startsWith('-')) made.push(line.slice(1));
    next = from + Number(count);
  }
  return [...made, ...old.slice(next)].map((line) => `${line}\n`).join('');
}

test('makes what is after of what was before, whatever that is', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', '{', '}'), { maxLength: 40 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before !== '');
      expect(patched(before, unifiedDiff({ path: 'x', before, after }))).toBe(after);
    }),
  );
});
