import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { errorOf, projectWith } from './project.ts';

const CONFIG = `
project: acme
region: us-east-1
prices: ./prices.json
images: { api: { source: debian:12 } }
`;

const projectOf = (prices: object | string | undefined) =>
  projectWith({
    'bake.config.yaml': CONFIG,
    ...(prices === undefined ? {} : { 'prices.json': typeof prices === 'string' ? prices : JSON.stringify(prices) }),
  });

test('a file of prices is read, and counts as verified on its day', async () => {
  const prices = {
    version: 1,
    asOf: '2026-12-01',
    snapshotPerGbMonth: { 'eu-west-1': 0.05, '*': 0.06 },
    transferPerGb: { 'us-east-1 > us-east-2': 0.01 },
    instancePerHour: { 't3.small': 0.02, 'eu-west-1/m7i-flex.large': 0.1 },
  };
  const dated = (usd: number) => ({ usd, verified: true, asOf: '2026-12-01' });
  await using project = await projectOf(prices);
  expect((await loadConfig({ cwd: project.root })).prices).toEqual({
    snapshotPerGbMonth: { 'eu-west-1': dated(0.05), '*': dated(0.06) },
    transferPerGb: { 'us-east-1 > us-east-2': dated(0.01) },
    instancePerHour: { 't3.small': dated(0.02), 'eu-west-1/m7i-flex.large': dated(0.1) },
  });
});

describe('is refused', () => {
  test.each<[string, object | string | undefined, readonly string[]]>([
    ['when it is not there', undefined, ['prices.json: is no file; write it, or take prices out of the configuration']],
    ['when it is no JSON', '{', [expect.stringMatching(/^prices\.json: is not JSON: /)]],
    [
      'when it has another form',
      { version: 2, asOf: 'today', snapshotPerGbMonth: { 'eu-west-1': -1 }, transfer: {} },
      [
        'prices.json: version: 2 is not one of 1',
        'prices.json: asOf: "today" is not a day such as 2026-11-20',
        'prices.json: snapshotPerGbMonth.eu-west-1: -1 is not a price in US dollars',
        'prices.json: transfer: unknown key; keys here are version, asOf, snapshotPerGbMonth, transferPerGb, instancePerHour',
      ],
    ],
    [
      'when it has prices of what is no region',
      {
        version: 1,
        asOf: '2026-12-01',
        snapshotPerGbMonth: { europe: 1 },
        transferPerGb: { 'us-east-1>us-east-2': 1 },
        instancePerHour: { small: 1, 'europe/t3.small': 1 },
      },
      [
        'prices.json: snapshotPerGbMonth.europe: "europe" is neither a region nor \'*\'',
        'prices.json: transferPerGb["us-east-1>us-east-2"]: "us-east-1>us-east-2" is neither a region nor \'*\' nor a pair such as \'us-east-1 > us-east-2\'',
        'prices.json: instancePerHour.small: "small" is no instance type such as t3.small or \'eu-west-1/t3.small\'',
        'prices.json: instancePerHour["europe/t3.small"]: "europe/t3.small" is no instance type such as t3.small or \'eu-west-1/t3.small\'',
      ],
    ],
  ])('%s', async (_, prices, problems) => {
    await using project = await projectOf(prices);
    expect((await errorOf(loadConfig({ cwd: project.root }))).details).toEqual(problems);
  });
});
