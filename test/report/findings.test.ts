import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import { findingLine, findingsText } from '../../src/report/findings.ts';

const finding: Finding = {
  rule: 'hosts',
  severity: 'error',
  file: 'layers/a/files/etc/hosts',
  line: 3,
  message: 'is lost',
  fix: 'keep it',
};
const options = { color: false, strict: false, accepted: 0, shellcheck: 'ran' } as const;

test('place, severity and rule; what would happen; what to change; how many', () => {
  const text = findingsText([finding, { ...finding, severity: 'warning' }], { ...options, accepted: 2 });
  expect(text.split('\n\n')).toEqual([
    'layers/a/files/etc/hosts:3  error  hosts\n  is lost\n  → keep it',
    'layers/a/files/etc/hosts:3  warning  hosts\n  is lost\n  → keep it',
    '1 error, 1 warning, 2 accepted',
  ]);
});

test('nothing to change', () => {
  expect(findingsText([], options)).toBe('nothing to change');
  const absent = findingsText([{ ...finding, severity: 'protected' }], { ...options, shellcheck: 'absent' });
  expect(absent).toMatch(/\n\nnothing to change, 1 protected by the bake\nshellcheck is not on PATH: .*$/);
});

test('one line for the details of an error', () => {
  expect(findingLine(finding)).toBe('layers/a/files/etc/hosts:3 hosts: is lost → keep it');
});
