import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NEUTRAL_RULES } from '../../src/contract/neutral/row.ts';
import { CONFIG_MISTAKES } from '../../src/contract/rules/mistakes.ts';
import { DEEDS, SCRIPT_MISTAKES } from '../../src/contract/shell/deeds.ts';
import { CONTRACT } from '../../src/contract/table.ts';

test('docs/check.md has every row of the contract and every mistake', async () => {
  const text = await readFile(join(import.meta.dirname, '../../docs/check.md'), 'utf8');
  const mistakes = [...CONFIG_MISTAKES, ...SCRIPT_MISTAKES].map(({ rule }) => rule);
  const rules = [...CONTRACT.map(({ id }) => id), ...mistakes, ...NEUTRAL_RULES];
  expect(rules.filter((rule) => !text.includes(`\`${rule}\``))).toEqual([]);
});

test('what commands do is about rows that there are', () => {
  const ids = new Set(CONTRACT.map(({ id }) => id));
  expect(DEEDS.map(({ row }) => row).filter((row) => !ids.has(row))).toEqual([]);
});
