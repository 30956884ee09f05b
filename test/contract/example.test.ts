import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acceptedFindings, lintImages } from '../../src/commands/lint-images.ts';
import { loadConfig } from '../../src/config/load.ts';

test('the example of this repository is clean', async () => {
  const config = await loadConfig({ cwd: join(import.meta.dirname, '../..') });
  const { findings, accepted } = acceptedFindings(await lintImages(config, [...config.images.values()]));
  expect(findings.filter(({ severity }) => severity !== 'protected')).toEqual([]);
  expect(accepted).toEqual([]);
});
