import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PURPOSES } from '../../../src/plan/iam/row.ts';
import { KNOWN_CALLS, TABLE } from '../../../src/plan/iam/table.ts';

const SDK = join(import.meta.dirname, '../../../src/aws/sdk');

/** What no run ever calls, or calls under a name of its own. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  'ec2:waitUntilInstanceTerminated': ['ec2:DescribeInstances'],
  'ec2:waitUntilSecurityGroupExists': ['ec2:DescribeSecurityGroups'],
};

function callsInCode(): readonly string[] {
  return readdirSync(SDK).flatMap((file) => {
    const service = file.replace('.ts', '').replace('-', '');
    const text = readFileSync(join(SDK, file), 'utf8');
    const commands = [...text.matchAll(/\b(\w+)Command,/g)].map(([, name]) => `${service}:${name}`);
    const pages = [...text.matchAll(/\bpaginate(\w+),/g)].map(([, name]) => `${service}:${name}`);
    const waits = [...text.matchAll(/\b(waitUntil\w+),/g)].flatMap(
      ([, name]) => OTHER_NAMES[`${service}:${name}`] ?? [`${service}:${name}`],
    );
    return [...commands, ...pages, ...waits];
  });
}

it('has a row for every call that the code can make', () => {
  const calls = callsInCode();
  expect(calls.length).toBeGreaterThan(60);
  expect(calls.filter((call) => !KNOWN_CALLS.has(call as never))).toEqual([]);
});

it('names each statement once for each purpose, as IAM allows names to be', () => {
  for (const { sid } of TABLE) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
  for (const purpose of PURPOSES) {
    const names = TABLE.filter((row) => row.for.includes(purpose)).map(({ sid }) => sid);
    expect(names.length, purpose).toBeGreaterThan(0);
    expect(new Set(names).size, purpose).toBe(names.length);
  }
});
