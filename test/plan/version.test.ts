import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseVersion } from '../../src/model/ids.ts';
import { nextVersion } from '../../src/plan/version.ts';
import { NOW } from '../helpers/builders.ts';

const DATED = '{yyyy}.{mm}.{dd}.{n}';

test.each<[string, scheme: string, taken: string[], next: string]>([
  ['the first ever', DATED, [], '2026.11.20.1'],
  ['the first of the day', DATED, ['2026.11.19.7', '2026.11.2.9'], '2026.11.20.1'],
  ['the next of the day', DATED, ['2026.11.20.1'], '2026.11.20.2'],
  ['a gap is not filled', DATED, ['2026.11.20.1', '2026.11.20.5'], '2026.11.20.6'],
  ['numbers, not text', DATED, ['2026.11.20.9', '2026.11.20.10'], '2026.11.20.11'],
  ['versions given by hand', DATED, ['1.4.2', '2026.11.20.1-hotfix', '2026.11.20.x', '2026.11.20.'], '2026.11.20.1'],
  ['leading zeros', DATED, ['2026.11.20.007'], '2026.11.20.8'],
  ['text after the number', 'v{n}-rc', ['v3-rc', 'v9', 'v8-xx', 'v12-rc2', 'rc'], 'v4-rc'],
  ['text before and after that overlaps', 'a.{n}.a', ['a.a', 'a..a'], 'a.1.a'],
  ['the number alone', '{n}', ['41', '2026.1'], '42'],
  ['a placeholder twice', '{mm}.{mm}.{n}', [], '11.11.1'],
])('%s', (_, scheme, taken, next) => expect(nextVersion(scheme, NOW, taken)).toBe(next));

test('the day is that of UTC', () => {
  const local = new Date('2026-11-20T23:59:59.999-08:00');
  expect(nextVersion(DATED, local, [])).toBe('2026.11.21.1');
});

test('a scheme that EC2 would refuse is a bug: the configuration has checked it', () => {
  expect(() => nextVersion('{n}/x', NOW, [])).toThrow('version scheme');
});

test('is never taken, and does not depend on the order', () => {
  const taken = fc.array(
    fc.oneof(
      fc.nat(30).map((n) => `2026.11.20.${n}`),
      fc.string(),
    ),
  );
  fc.assert(
    fc.property(fc.constantFrom(DATED, 'v{n}-rc', '{n}'), taken, (scheme, taken) => {
      const next = nextVersion(scheme, NOW, taken);
      expect(taken).not.toContain(next);
      expect(parseVersion(next)).toBe(next);
      expect(nextVersion(scheme, NOW, taken.toReversed())).toBe(next);
    }),
  );
});
