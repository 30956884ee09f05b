import { expect, test } from 'vitest';
import { sortAccepted } from '../../src/contract/acceptance.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { Acceptance, Layer } from '../../src/model/image.ts';
import { layer } from '../helpers/builders.ts';
import { brief } from '../helpers/linting.ts';

const web = layer('web');
const found = (rule: string, other: Partial<Finding> = {}): Finding => ({
  rule,
  severity: 'error',
  layer: web.name,
  file: 'files/etc/hosts',
  line: 1,
  path: '/etc/hosts',
  message: '',
  fix: '',
  ...other,
});

const accepting = (...accept: readonly Omit<Acceptance, 'reason' | 'line'>[]): readonly Layer[] => [
  { ...web, accept: accept.map((entry, position) => ({ reason: 'known', line: position + 2, ...entry })) },
];

test('an acceptance takes out the findings of its rule, with its reason', () => {
  const { findings, accepted } = sortAccepted([found('a'), found('b')], accepting({ rule: 'a' }));
  expect(findings.map(brief)).toEqual(['b error files/etc/hosts:1']);
  expect(accepted).toEqual([{ finding: found('a'), reason: 'known' }]);
});

test.each([
  ['a path on the machine', '/etc/*', true],
  ['a path in the layer', 'files/**', true],
  ['another path', '/etc/motd', false],
])('%s', (_, path, fits) => {
  expect(sortAccepted([found('a')], accepting({ rule: 'a', path })).accepted).toHaveLength(fits ? 1 : 0);
});

test('one that fits nothing is a finding at its line in layer.yaml', () => {
  const { findings } = sortAccepted([found('a')], accepting({ rule: 'a' }, { rule: 'gone' }));
  expect(findings.map(brief)).toEqual(['accept-unused warning layer.yaml:3']);
});

test('it is about its own layer, and about what counts', () => {
  const other = found('a', { layer: layer('api').name });
  const shown = found('a', { severity: 'protected' });
  const { findings } = sortAccepted([other, shown], accepting({ rule: 'a' }));
  expect(findings.map(({ rule }) => rule)).toEqual(['a', 'a', 'accept-unused']);
});

test('a rule that was not looked for says nothing about its acceptance', () => {
  expect(sortAccepted([], accepting({ rule: 'shellcheck' }), ['shellcheck']).findings).toEqual([]);
});
