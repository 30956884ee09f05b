import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesPath, pathPattern } from '../../src/contract/touch.ts';
import { isGlob } from '../../src/model/glob.ts';

test('a pattern is read in one way here and by the programs on the machine', () => {
  const pieces = fc.constantFrom(
    ...[
      "'",
      '\\',
      '\\q',
      '\\d',
      '\\p',
      '[z-a]',
      '[',
      '(',
      '{',
      '}',
      '{a,b}',
      '*',
      '**',
      '?',
      '+(a)',
      '!(a)',
      '@(',
      '$',
      '^',
    ],
    ...['|', '.', 'é', '\u2028', '(?<x>a)', '(?i)', '[[:alpha:]]', 'a', '/', '~', ' ', '5', 'd'],
  );
  const texts = fc.array(pieces, { minLength: 1, maxLength: 6 }).map((parts) => `/etc/${parts.join('')}`);
  const globs = fc.sample(texts.filter(isGlob), { numRuns: 200, seed: 7 });
  const paths = ['/etc/a', '/etc/5', '/etc/d', '/etc/q', '/etc/é', '/etc/a/b', '/etc/\u2028', '/etc/ ', ...globs];
  const program = [
    'import json, re, sys',
    'patterns, paths = json.load(sys.stdin)',
    'matching = lambda pattern: [path for path in paths if re.search(pattern, path)]',
    'print(json.dumps([matching(pattern) for pattern in patterns]))',
  ].join('\n');
  const input = JSON.stringify([globs.map(pathPattern), paths]);
  const there = JSON.parse(execFileSync('python3', ['-c', program], { input, maxBuffer: 2 ** 28 }).toString());
  for (const [index, glob] of globs.entries()) {
    const here = paths.filter((path) => matchesPath(path, [glob]));
    expect({ glob, paths: there[index] }).toEqual({ glob, paths: here });
  }
});
